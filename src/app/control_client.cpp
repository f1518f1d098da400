#include "app/control_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "net/http_client.h"

namespace tocsin::app {

namespace {

// Releasing to a million readers freezes the audience before it answers.
constexpr std::chrono::minutes kAnswerTime{5};

ErrorKind kind_of(int status) {
    switch (status) {
        case 400:
        case 422:
            return ErrorKind::Invalid;
        case 401:
            return ErrorKind::Unauthorized;
        case 403:
            return ErrorKind::Forbidden;
        case 404:
            return ErrorKind::NotFound;
        case 409:
            return ErrorKind::Conflict;
        case 410:
            return ErrorKind::Expired;
        case 429:
            return ErrorKind::Limited;
        case 503:
            return ErrorKind::Unavailable;
        default:
            return ErrorKind::Internal;
    }
}

Error problem_of(const net::HttpResponse& response) {
    boost::system::error_code failed;
    const boost::json::value problem = boost::json::parse(response.body, failed);
    if (!failed && problem.is_object()) {
        for (const char* field : {"detail", "title"}) {
            const boost::json::value* text = problem.as_object().if_contains(field);
            if (text != nullptr && text->is_string()) {
                return Error(kind_of(response.status), std::string(text->as_string()));
            }
        }
    }
    return Error(kind_of(response.status),
                 fmt::format("the service answered with status {}", response.status));
}

// Runs one coroutine to its end on an io_context of its own.
template <class Start>
Result<net::HttpResponse> run_to_end(Start start) {
    boost::asio::io_context io(1);
    Result<net::HttpResponse> out = Error(ErrorKind::Internal, "the request did not run");
    auto keep = [&out](std::exception_ptr failure, Result<net::HttpResponse> got) {
        if (!failure) {
            out = std::move(got);
        }
    };
    boost::asio::co_spawn(io, start(io.get_executor()), std::move(keep));
    io.run();
    return out;
}

}  // namespace

Result<net::HttpResponse> ControlClient::send(net::HttpRequest request) {
    net::HttpTarget target;
    target.unix_path = socket_path_;
    target.time_limit = kAnswerTime;
    request.headers.set("Host", "tocsin");
    auto start = [&](Executor executor) {
        return net::http_request(executor, std::move(target), std::move(request));
    };
    return run_to_end(std::move(start));
}

Result<boost::json::value> ControlClient::answer_of(Result<net::HttpResponse> response) const {
    if (!response) {
        if (response.error().kind() == ErrorKind::Unavailable) {
            return unavailable(
                fmt::format("no service answers at {}: is `tocsin serve` running with this "
                            "configuration?",
                            socket_path_));
        }
        return std::move(response).error();
    }
    if (response->status >= 300) {
        return problem_of(*response);
    }
    if (response->body.empty()) {
        return boost::json::value(nullptr);
    }
    boost::system::error_code failed;
    boost::json::value value = boost::json::parse(response->body, failed);
    if (failed) {
        return Error(ErrorKind::Internal, "the service's answer is not JSON");
    }
    return value;
}

Result<boost::json::value> ControlClient::get(std::string_view target) {
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    return answer_of(send(std::move(request)));
}

Result<boost::json::value> ControlClient::post(
    std::string_view target, const boost::json::value& body,
    std::vector<std::pair<std::string, std::string>> headers) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.body = boost::json::serialize(body);
    request.headers.set("Content-Type", "application/json");
    for (auto& [name, value] : headers) {
        request.headers.set(name, std::move(value));
    }
    return answer_of(send(std::move(request)));
}

Result<boost::json::value> ControlClient::remove(std::string_view target) {
    net::HttpRequest request;
    request.method = "DELETE";
    request.target = target;
    return answer_of(send(std::move(request)));
}

Status ControlClient::download(std::string_view target,
                               std::function<Status(std::string_view bytes)> on_chunk) {
    net::HttpTarget to;
    to.unix_path = socket_path_;
    to.time_limit = kAnswerTime;
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.headers.set("Host", "tocsin");
    auto start = [&](Executor executor) {
        return net::http_download(executor, std::move(to), std::move(request), std::move(on_chunk));
    };
    Result<net::HttpResponse> response = run_to_end(std::move(start));
    TRY(answer_of(std::move(response)));
    return {};
}

std::string url_encode(std::string_view text) {
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
            (byte >= '0' && byte <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(kHexDigits[byte >> 4]);
            out.push_back(kHexDigits[byte & 15]);
        }
    }
    return out;
}

}  // namespace tocsin::app
