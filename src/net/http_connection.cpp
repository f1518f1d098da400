#include "net/http_connection.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>

#include <boost/asio/ip/address.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/http_writer.h"

namespace tocsin::net {

namespace {

constexpr std::size_t kHeaderReadBytes = 2 * 1024;  // all that an idle connection holds
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kWritePieceBytes = 256 * 1024;  // what must go out within write_time
// A handler may take its time: what it waits for has limits of its own.
constexpr std::chrono::hours kHandlerTime{1};
constexpr std::chrono::milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytesMax = 1024 * 1024;

HttpResponse plain_refusal(int status) {
    HttpResponse response;
    response.status = status;
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.body = std::string(status_reason(status)) + "\n";
    return response;
}

// Nothing if it is no address. An IPv4 address in IPv6 dress is the IPv4 address, as of a peer.
std::optional<std::string> plain_address(std::string_view text) {
    boost::system::error_code error;
    boost::asio::ip::address address = boost::asio::ip::make_address(text, error);
    if (error) {
        return std::nullopt;
    }
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

// Who is told of by proxies, the nearest first. A proxy appends to the field that came, or adds one
// of its own behind it: what stands before may be the client's own invention.
std::vector<std::string_view> forwarded_for(const HttpHeaders& headers) {
    std::vector<std::string_view> out;
    for (auto field = std::make_reverse_iterator(headers.end());
         field != std::make_reverse_iterator(headers.begin()); ++field) {
        if (!ascii_iequals(field->first, "x-forwarded-for")) {
            continue;
        }
        std::string_view rest = field->second;
        for (std::size_t comma = 0; comma != std::string_view::npos;) {
            comma = rest.rfind(',');
            const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
            out.push_back(trim(rest.substr(begin)));
            rest = rest.substr(0, begin == 0 ? 0 : comma);
        }
    }
    return out;
}

}  // namespace

// Writes chunks, or bare bytes to an HTTP/1.0 client.
class HttpConnection::Stream final : public HttpStream {
  public:
    Stream(HttpConnection& connection, BodyFraming framing)
        : connection_(connection), framing_(framing) {}

    Task<Status> write(std::string bytes) override {
        if (closed()) {
            co_return unavailable("the other end has gone");
        }
        if (bytes.empty()) {
            co_return Status{};
        }
        if (framing_ == BodyFraming::Chunked) {
            bytes = chunk(bytes);
        }
        Status status = co_await connection_.write(bytes);
        broken_ = !status;
        if (status) {
            connection_.transport_->set_limit(kHandlerTime);
        }
        co_return status;
    }

    bool closed() const override {
        return broken_ || connection_.stopping_ || !connection_.transport_->is_open();
    }
    bool broken() const { return broken_; }

  private:
    HttpConnection& connection_;
    BodyFraming framing_;
    bool broken_ = false;
};

HttpConnection::HttpConnection(const HttpServerOptions& options, const HttpHandler& handler,
                               std::unique_ptr<HttpTransport> transport)
    : options_(options),
      handler_(handler),
      transport_(std::move(transport)),
      reader_(options.header_bytes_max) {}

void HttpConnection::stop() {
    stopping_ = true;
    if (waiting_) {
        transport_->close();
    }
}

Task<void> HttpConnection::run() {
    transport_->set_limit(options_.header_time);
    const Status ready = co_await transport_->handshake();
    bool first = true;
    while (ready && !stopping_) {
        const bool more = co_await read_head(first);
        if (!more) {
            break;
        }
        first = false;
        const Next next = co_await serve();
        if (next == Next::Close) {
            break;
        }
    }
    transport_->close();
}

Task<bool> HttpConnection::read_more(std::size_t bytes_max) {
    buffer_.resize(bytes_max);
    const Result<std::size_t> count = co_await transport_->read_some(buffer_);
    if (!count || *count == 0) {
        co_return false;
    }
    reader_.feed(std::string_view(buffer_.data(), *count));
    co_return true;
}

Task<bool> HttpConnection::read_head(bool first) {
    using State = RequestReader::State;
    if (reader_.empty()) {
        buffer_.clear();
        buffer_.shrink_to_fit();
        transport_->set_limit(first ? options_.header_time : options_.idle_time);
        waiting_ = true;
        const bool some = co_await read_more(kHeaderReadBytes);
        waiting_ = false;
        if (!some) {
            co_return false;
        }
    }
    transport_->set_limit(options_.header_time);
    while (reader_.state() == State::Header) {
        const bool some = co_await read_more(kHeaderReadBytes);
        if (!some) {
            co_return false;
        }
    }
    if (reader_.state() == State::Refused) {
        co_await refuse(reader_.refusal());
        co_return false;
    }
    co_return true;
}

Task<bool> HttpConnection::read_body() {
    using State = RequestReader::State;
    reader_.accept(options_.body_limit ? options_.body_limit(reader_.head())
                                       : options_.body_bytes_max);
    transport_->set_limit(options_.body_time);
    if (reader_.expects_continue()) {
        const Status sent = co_await transport_->write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) {
            co_return false;
        }
    }
    while (reader_.state() == State::Body) {
        const bool some = co_await read_more(kBodyReadBytes);
        if (!some) {
            co_return false;
        }
    }
    if (reader_.state() == State::Refused) {
        co_await refuse(reader_.refusal());
        co_return false;
    }
    co_return true;
}

Task<HttpConnection::Next> HttpConnection::serve() {
    const bool http_1_0 = reader_.http_1_0();
    Next next = reader_.keep_alive() ? Next::KeepAlive : Next::Close;
    const bool whole = co_await read_body();
    if (!whole) {
        co_return Next::Close;
    }
    HttpRequest request = reader_.take();
    request.peer = transport_->peer;
    request.unix_socket = transport_->is_unix;
    request.tls = transport_->is_tls;
    name_peer_behind_proxy(request);
    // What send() needs of the request after the handler has taken it.
    HttpRequest sent;
    sent.method = request.method;
    sent.target = request.target;
    HttpResponse response = co_await answer(std::move(request));
    if (stopping_) {
        next = Next::Close;
    }
    co_return co_await send(sent, std::move(response), next, http_1_0);
}

void HttpConnection::name_peer_behind_proxy(HttpRequest& request) const {
    const auto is_proxy = [this](const std::string& peer) {
        return std::ranges::find(options_.trusted_proxies, peer) != options_.trusted_proxies.end();
    };
    if (!is_proxy(request.peer)) {
        return;
    }
    for (const std::string_view told : forwarded_for(request.headers)) {
        auto address = plain_address(told);
        if (!address) {
            return;
        }
        request.peer = std::move(*address);
        if (!is_proxy(request.peer)) {
            return;
        }
    }
}

Task<HttpResponse> HttpConnection::answer(HttpRequest request) {
    transport_->set_limit(kHandlerTime);
    try {
        HttpResponse response = co_await handler_(std::move(request));
        co_return response;
    } catch (const std::exception& e) {
        log_error("an HTTP handler ended by an exception: {}", e.what());
    }
    co_return options_.refusal ? options_.refusal(500, HttpRequest{}) : plain_refusal(500);
}

Task<HttpConnection::Next> HttpConnection::send(const HttpRequest& request, HttpResponse response,
                                                Next next, bool http_1_0) {
    const bool streams =
        response.stream && request.method != "HEAD" && status_has_body(response.status);
    HeadOptions head;
    if (response.stream) {
        head.framing = http_1_0 ? BodyFraming::UntilClose : BodyFraming::Chunked;
    }
    if (head.framing == BodyFraming::UntilClose) {
        next = Next::Close;
    }
    head.close = next == Next::Close;
    head.date = options_.clock != nullptr ? http_date(options_.clock->now()) : "";
    Result<std::string> bytes = response_head(response, head);
    if (!bytes) {
        log_error("an HTTP answer was dropped: {}", bytes.error().message());
        response = plain_refusal(500);
        head.framing = BodyFraming::Length;
        head.close = true;
        next = Next::Close;
        bytes = response_head(response, head);
    }
    if (!response.stream && request.method != "HEAD" && status_has_body(response.status)) {
        bytes->append(response.body);
    }
    const Status sent = co_await write(*bytes);
    if (!sent) {
        co_return Next::Close;
    }
    if (streams) {
        Stream stream(*this, head.framing);
        co_await response.stream(stream);
        if (stream.broken()) {
            co_return Next::Close;
        }
        if (head.framing == BodyFraming::Chunked) {
            const Status ended = co_await write(kLastChunk);
            next = ended ? next : Next::Close;
        }
    }
    if (next == Next::Close) {
        co_await linger();
    }
    co_return next;
}

Task<Status> HttpConnection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        transport_->set_limit(options_.write_time);
        const std::string_view piece = bytes.substr(0, kWritePieceBytes);
        CO_TRY(co_await transport_->write(piece));
        bytes.remove_prefix(piece.size());
    }
    co_return Status{};
}

Task<void> HttpConnection::refuse(int status) {
    HttpResponse response =
        options_.refusal ? options_.refusal(status, reader_.head()) : plain_refusal(status);
    HttpRequest request;
    request.method = reader_.head().method == "HEAD" ? "HEAD" : "GET";
    co_await send(request, std::move(response), Next::Close, false);
}

Task<void> HttpConnection::linger() {
    transport_->set_limit(kLingerTime);
    co_await transport_->finish_writing();
    buffer_.resize(kBodyReadBytes);
    for (std::size_t read = 0; read < kLingerBytesMax && transport_->is_open();) {
        const Result<std::size_t> count = co_await transport_->read_some(buffer_);
        if (!count || *count == 0) {
            break;
        }
        read += *count;
    }
}

}  // namespace tocsin::net
