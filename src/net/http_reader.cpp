#include "net/http_reader.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/bytes.h"
#include "base/check.h"
#include "net/form.h"

namespace tocsin::net {

namespace beast = boost::beast;

namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;

// What a proxy and a server could read differently: bare CR or LF, NUL, folded lines.
bool header_block_is_plain(std::string_view block) {
    for (std::size_t i = 0; i < block.size(); ++i) {
        const char c = block[i];
        if (c == '\0' || (c == '\r' && (i + 1 == block.size() || block[i + 1] != '\n'))) {
            return false;
        }
        if (c != '\n') {
            continue;
        }
        const bool folded = i + 1 < block.size() && (block[i + 1] == ' ' || block[i + 1] == '\t');
        if (i == 0 || block[i - 1] != '\r' || folded) {
            return false;
        }
    }
    return true;
}

std::size_t count_of(const Parser::value_type& message, beast::http::field name) {
    const auto range = message.equal_range(name);
    return static_cast<std::size_t>(std::distance(range.first, range.second));
}

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The framing and routing headers that must have exactly one reading; 0 or the status to refuse.
int check_framing(const Parser::value_type& message) {
    using beast::http::field;
    if (message.version() != 10 && message.version() != 11) {
        return 505;
    }
    const std::size_t hosts = count_of(message, field::host);
    if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
        return 400;
    }
    if (hosts == 1) {
        const std::string_view host = message[field::host];
        if (host.find_first_of(" \t,/\\@?#") != std::string_view::npos) {
            return 400;
        }
    }
    const std::size_t lengths = count_of(message, field::content_length);
    const std::size_t codings = count_of(message, field::transfer_encoding);
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
        return 400;
    }
    if (lengths == 1 && !all_digits(message[field::content_length])) {
        return 400;
    }
    if (codings == 1) {
        if (message.version() == 10) {
            return 400;
        }
        if (!beast::iequals(message[field::transfer_encoding], "chunked")) {
            return 501;
        }
    }
    return 0;
}

bool is_upper_token(std::string_view method) {
    return !method.empty() && std::all_of(method.begin(), method.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '-';
    });
}

}  // namespace

Status split_target(HttpRequest& request) {
    std::string_view target = request.target;
    const bool printable =
        std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable || target.find('#') != std::string_view::npos) {
        return invalid("the request target has characters that are not allowed");
    }
    // absolute-form (RFC 9112 section 3.2.2): servers must take it.
    const std::string lower = ascii_lower(target.substr(0, 8));
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (lower.starts_with(scheme)) {
            const std::size_t path = target.find('/', scheme.size());
            target = path == std::string_view::npos ? "/" : target.substr(path);
            break;
        }
    }
    if (!target.starts_with('/')) {
        return invalid("the request target must begin with a slash");
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    TRY_AS(request.path, percent_decode(target.substr(0, question)));
    request.query = target.substr(std::min(question + 1, target.size()));
    return {};
}

class RequestReader::Impl {
  public:
    explicit Impl(std::size_t header_bytes_max) : header_bytes_max_(header_bytes_max) {}

    void feed(std::string_view bytes) {
        pending_.append(bytes);
        advance();
    }

    void accept(std::size_t body_bytes_max) {
        CHECK(state_ == State::Head);
        const auto length = parser_->content_length();
        if (length && *length > body_bytes_max) {
            return refuse(413);
        }
        parser_->body_limit(body_bytes_max);
        parser_->eager(true);
        state_ = parser_->is_done() ? State::Done : State::Body;
        advance();
    }

    HttpRequest take() {
        CHECK(state_ == State::Done);
        HttpRequest request = std::move(head_);
        request.body = std::move(parser_->get().body());
        head_ = HttpRequest{};
        parser_.reset();
        state_ = State::Header;
        advance();
        return request;
    }

    State state_ = State::Header;
    int refusal_ = 0;
    std::string pending_;  // not yet parsed
    std::optional<Parser> parser_;
    HttpRequest head_;

  private:
    void refuse(int status) {
        state_ = State::Refused;
        refusal_ = status;
        pending_.clear();
    }

    void advance() {
        if (state_ == State::Header) {
            advance_header();
        } else if (state_ == State::Body) {
            advance_body();
        }
    }

    void advance_header() {
        if (pending_.starts_with("\r\n")) {
            pending_.erase(0, 2);  // RFC 9112 section 2.2: ignore one empty line before a request
        }
        const std::size_t end = pending_.find("\r\n\r\n");
        const std::size_t size = end == std::string::npos ? pending_.size() : end + 4;
        if (size > header_bytes_max_) {
            return refuse(431);
        }
        if (end == std::string::npos) {
            return;
        }
        const std::string_view block(pending_.data(), size);
        if (!header_block_is_plain(block)) {
            return refuse(400);
        }
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_ + 1));
        parser_->body_limit(boost::none);  // accept() sets it
        parser_->eager(false);
        beast::error_code error;
        parser_->put(boost::asio::buffer(block.data(), block.size()), error);
        if ((error && error != beast::http::error::need_more) || !parser_->is_header_done()) {
            return refuse(error == beast::http::error::bad_version ? 505 : 400);
        }
        if (const int status = check_framing(parser_->get()); status != 0) {
            return refuse(status);
        }
        pending_.erase(0, size);
        read_head();
    }

    void read_head() {
        const auto& message = parser_->get();
        head_.method = std::string(message.method_string());
        head_.target = std::string(message.target());
        for (const auto& field : message) {
            head_.headers.add(std::string_view(field.name_string()), std::string(field.value()));
        }
        if (!is_upper_token(head_.method) || !split_target(head_)) {
            return refuse(400);
        }
        state_ = State::Head;
    }

    void advance_body() {
        while (!pending_.empty() && !parser_->is_done()) {
            beast::error_code error;
            const std::size_t used =
                parser_->put(boost::asio::buffer(pending_.data(), pending_.size()), error);
            pending_.erase(0, used);
            if (error == beast::http::error::need_more && pending_.size() <= header_bytes_max_) {
                return;
            }
            if (error) {
                return refuse(error == beast::http::error::body_limit ? 413 : 400);
            }
        }
        if (parser_->is_done()) {
            state_ = State::Done;
        }
    }

    std::size_t header_bytes_max_;
};

RequestReader::RequestReader(std::size_t header_bytes_max)
    : impl_(std::make_unique<Impl>(header_bytes_max)) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::state() const {
    return impl_->state_;
}

bool RequestReader::empty() const {
    return impl_->state_ == State::Header && impl_->pending_.empty();
}

void RequestReader::feed(std::string_view bytes) {
    impl_->feed(bytes);
}

const HttpRequest& RequestReader::head() const {
    return impl_->head_;
}

void RequestReader::accept(std::size_t body_bytes_max) {
    impl_->accept(body_bytes_max);
}

HttpRequest RequestReader::take() {
    return impl_->take();
}

bool RequestReader::expects_continue() const {
    return impl_->state_ == State::Body && impl_->pending_.empty() &&
           ascii_iequals(impl_->head_.headers.get("expect"), "100-continue");
}

bool RequestReader::keep_alive() const {
    return impl_->parser_ && impl_->parser_->keep_alive();
}

bool RequestReader::http_1_0() const {
    return impl_->parser_ && impl_->parser_->get().version() == 10;
}

int RequestReader::refusal() const {
    return impl_->refusal_;
}

}  // namespace tocsin::net
