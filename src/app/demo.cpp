#include "app/demo.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "app/alert_clock_text.h"
#include "app/cli.h"
#include "app/control_client.h"
#include "app/dev_site.h"
#include "app/service.h"
#include "base/random.h"
#include "net/http_client.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

constexpr std::string_view kReader = "reader@readers.example";
constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kStep{20};

// A browser without cookies, on one site.
class Visitor {
  public:
    explicit Visitor(std::uint16_t port) : port_(port) {}

    Result<std::string> get(std::string_view path) { return send("GET", path, ""); }
    Result<std::string> post(std::string_view path, std::string form) {
        return send("POST", path, std::move(form));
    }
    Result<json::value> get_json(std::string_view path) {
        TRY_AS(const std::string text, get(path));
        boost::system::error_code failed;
        json::value value = json::parse(text, failed);
        if (failed) {
            return Error(ErrorKind::Internal, fmt::format("{} is not JSON", path));
        }
        return value;
    }

  private:
    Result<std::string> send(std::string_view method, std::string_view path, std::string form) {
        net::HttpTarget target;
        target.port = port_;
        net::HttpRequest request;
        request.method = method;
        request.target = path;
        request.body = std::move(form);
        request.headers.set("Host", fmt::format("localhost:{}", port_));
        if (method == "POST") {
            request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        }
        boost::asio::io_context io(1);
        Result<net::HttpResponse> got = Error(ErrorKind::Internal, "the request did not run");
        auto keep = [&got](std::exception_ptr failure, Result<net::HttpResponse> response) {
            if (!failure) {
                got = std::move(response);
            }
        };
        boost::asio::co_spawn(
            io, net::http_request(io.get_executor(), std::move(target), std::move(request)),
            std::move(keep));
        io.run();
        TRY(got);
        if (got->status != 200) {
            return Error(ErrorKind::Internal,
                         fmt::format("{} {} answered {}", method, path, got->status));
        }
        return std::move(got->body);
    }

    std::uint16_t port_;
};

// The text between two marks, or an error that says what the page lacks.
Result<std::string> between(std::string_view text, std::string_view before,
                            std::string_view after) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) {
        return not_found(fmt::format("the page holds no {}", before));
    }
    const std::size_t from = at + before.size();
    return std::string(text.substr(from, text.find(after, from) - from));
}

// The path of a link to our own site.
std::string path_of(std::string_view url) {
    const std::size_t host = url.find("//");
    const std::size_t slash = url.find('/', host == std::string_view::npos ? 0 : host + 2);
    return std::string(slash == std::string_view::npos ? "/" : url.substr(slash));
}

// Waits until the reader has this many messages; the newest one, whole.
Result<json::value> newest_mail(Visitor& visitor, std::size_t count) {
    for (std::chrono::milliseconds waited{0}; waited < kPatience; waited += kStep) {
        TRY_AS(const json::value list,
               visitor.get_json("/inbox/api/messages?to=" + url_encode(kReader)));
        const json::array& messages = list.at("messages").as_array();
        if (messages.size() >= count) {
            return visitor.get_json("/inbox/api/messages/" + field_text(messages[0], "id"));
        }
        std::this_thread::sleep_for(kStep);
    }
    return Error(ErrorKind::Timeout, "the mail did not arrive");
}

std::string dkim_text(const json::value& mail) {
    std::string out;
    for (const json::value& verdict : mail.at("dkim").as_array()) {
        out += (out.empty() ? "" : ", ") + field_text(verdict, "algorithm") + " " +
               field_text(verdict, "status");
    }
    return out.empty() ? "not signed" : out;
}

Status sign_up_and_confirm(Visitor& visitor) {
    TRY_AS(const std::string front, visitor.get("/"));
    TRY_AS(const std::string article, between(front, "href=\"/news/", "\""));
    TRY_AS(const std::string page, visitor.get("/news/" + article));
    TRY_AS(const std::string box, between(page, "<form class=\"tocsin-form\"", "</form>"));
    TRY_AS(const std::string action, between(box, "action=\"", "\""));
    fmt::print("  1  a reader opens /news/{} and finds the sign-up box\n", article);

    TRY(visitor.post(path_of(action),
                     fmt::format("email={}&marketing=&contact_me_by_fax=", url_encode(kReader))));
    TRY_AS(const json::value mail, newest_mail(visitor, 1));
    fmt::print("  2  signs up as {}; the inbox has \"{}\" (DKIM: {})\n", kReader,
               field_text(mail, "subject"), dkim_text(mail));

    for (const json::value& link : mail.at("links").as_array()) {
        const std::string path = path_of(std::string(link.as_string()));
        if (path.starts_with("/c/")) {
            TRY(visitor.get(path));
            TRY_AS(const std::string thanks, visitor.post(path, ""));
            TRY_AS(const std::string title, between(thanks, "<h1>", "</h1>"));
            fmt::print("  3  opens the link, presses the button: \"{}\"\n", title);
            return {};
        }
    }
    return not_found("the mail holds no confirmation link");
}

Result<std::string> release_alert(ControlClient& newsroom) {
    const json::object order = {
        {"headline", "Harbour bridge closed after a ship strikes a pier"},
        {"summary",
         "Police have closed the bridge in both directions. Nobody is reported hurt; ferries are "
         "taking extra passengers."},
        {"url", "https://harbourpost.example/news/bridge"},
        {"lists", json::array{"breaking"}},
        {"release", true}};
    TRY_AS(const json::value alert, newsroom.post("/api/v1/alerts", order));
    fmt::print("  4  the newsroom releases alert {} to {} readers\n", field_text(alert, "id"),
               field_text(alert, "audience"));
    return field_text(alert, "id");
}

Result<json::value> finished_status(ControlClient& newsroom, const std::string& id) {
    for (std::chrono::milliseconds waited{0}; waited < kPatience; waited += kStep) {
        TRY_AS(json::value status, newsroom.get("/api/v1/alerts/" + id));
        if (field_text(status, "state") == "finished") {
            return status;
        }
        std::this_thread::sleep_for(kStep);
    }
    return Error(ErrorKind::Timeout, "the alert did not finish");
}

}  // namespace

Status run_demo() {
    SecureRandom random;
    TRY_AS(const DevFolder folder, DevFolder::create(0, random));
    TRY_AS(const auto service, Service::start(folder.config(), ServiceMode::Dev));
    fmt::print("The whole loop, without a person:\n");
    Visitor visitor(folder.config().http.listen.port);
    ControlClient newsroom(folder.config().control.socket);

    TRY(sign_up_and_confirm(visitor));
    TRY_AS(const std::string id, release_alert(newsroom));
    TRY_AS(const json::value mail, newest_mail(visitor, 2));
    fmt::print("  5  the inbox has \"{}\" (DKIM: {})\n", field_text(mail, "subject"),
               dkim_text(mail));
    TRY_AS(const json::value status, finished_status(newsroom, id));
    fmt::print("\n{}", alert_clock_text(status));
    return {};
}

}  // namespace tocsin::app
