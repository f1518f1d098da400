#include "app/recording_sink.h"

#include <fstream>
#include <sstream>
#include <unordered_set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "app/record_log.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/smtp_stream.h"

namespace tocsin::app {

namespace asio = boost::asio;
using asio::ip::tcp;
using mail::Reply;
using mail::SmtpEnvelope;
using mail::SmtpServer;
using Point = mail::SmtpServerConfig::Point;

struct RecordingSink::State {
    State(Executor executor_, const Clock& clock_, RecordingSinkOptions options_)
        : executor(std::move(executor_)),
          clock(clock_),
          options(std::move(options_)),
          acceptor(executor) {}

    Executor executor;
    const Clock& clock;
    RecordingSinkOptions options;
    tcp::acceptor acceptor;
    std::unique_ptr<RecordLog> log;
    std::shared_ptr<const net::TlsServer> tls;
    std::unordered_set<net::SmtpStream*> streams;
    std::unordered_set<std::string> greylisted;
    std::uint64_t connections = 0;
    std::uint64_t recorded = 0;
    std::uint64_t faults = 0;
    bool stopped = false;
};

namespace {

using StatePtr = std::shared_ptr<RecordingSink::State>;

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        return io_error("cannot read " + path);
    }
    return std::move(text).str();
}

// The Message-ID as it stands in the header, without angle brackets; "-" if there is none.
std::string message_id(std::string_view message) {
    std::size_t at = 0;
    while (at < message.size() && message.substr(at, 2) != "\r\n") {
        const std::size_t end = std::min(message.find("\r\n", at), message.size());
        const std::string_view line = message.substr(at, end - at);
        constexpr std::string_view kName = "message-id:";
        if (line.size() > kName.size() && ascii_iequals(line.substr(0, kName.size()), kName)) {
            std::string_view value = trim(line.substr(kName.size()));
            if (value.empty()) {  // folded
                value = trim(message.substr(end, message.find("\r\n", end + 2) - end));
            }
            value = value.substr(value.starts_with('<') ? 1 : 0);
            return std::string(value.substr(0, value.find('>')));
        }
        at = end + 2;
    }
    return "-";
}

// One connection: the server machine with faults thrown in between.
class Connection {
  public:
    Connection(StatePtr state, net::SmtpStream& stream)
        : state_(std::move(state)),
          stream_(stream),
          random_(state_->options.seed * 1'000'003 + state_->connections++),
          server_(config()) {
        state_->streams.insert(&stream_);
    }
    ~Connection() { state_->streams.erase(&stream_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Task<void> run();

  private:
    enum class Go { On, Close };

    mail::SmtpServerConfig config();
    std::optional<Reply> refusal(Point point, std::string_view argument);
    Task<Go> take(std::string_view bytes);
    Task<Go> settle();
    Task<Go> deliver();
    Task<Status> record(std::string_view answer);
    Task<Go> flush();
    bool happens(std::string_view fault, std::string_view address = {}) {
        const bool yes = state_->options.faults.happens(fault, random_, address);
        state_->faults += yes ? 1 : 0;
        return yes;
    }
    bool happens_to_any(std::string_view fault) {
        for (const std::string& rcpt : server_.envelope().rcpt_to) {
            if (happens(fault, rcpt)) {
                return true;
            }
        }
        return false;
    }

    StatePtr state_;
    net::SmtpStream& stream_;
    SeededRandom random_;
    SmtpServer server_;
    bool cut_data_ = false;  // this message is to be cut inside
};

mail::SmtpServerConfig Connection::config() {
    mail::SmtpServerConfig config = state_->options.server;
    if (state_->tls && config.starttls == mail::SmtpServerConfig::StartTls::NotOffered) {
        config.starttls = mail::SmtpServerConfig::StartTls::Offered;
    }
    config.refusal = [this](Point point, const SmtpEnvelope&, std::string_view argument) {
        return refusal(point, argument);
    };
    return config;
}

std::optional<Reply> Connection::refusal(Point point, std::string_view argument) {
    switch (point) {
        case Point::Mail:
            cut_data_ = happens("cut_data");
            if (happens("mail421")) {
                return Reply{421, "4.7.0", "too many messages, try again later"};
            }
            if (happens("mail4xx", argument)) {
                return Reply{451, "4.7.1", "sender not now"};
            }
            if (happens("mail5xx", argument)) {
                return Reply{550, "5.7.1", "sender not welcome"};
            }
            return std::nullopt;
        case Point::Rcpt:
            if (happens("rcpt5xx", argument)) {
                return Reply{550, "5.1.1", "no such mailbox"};
            }
            if (happens("rcpt4xx", argument)) {
                return Reply{450, "4.2.1", "mailbox busy"};
            }
            if (state_->options.faults.configured("greylist") &&
                !state_->greylisted.contains(std::string(argument))) {
                state_->greylisted.emplace(argument);
                if (happens("greylist", argument)) {
                    return Reply{451, "4.7.1", "greylisted, try again in a minute"};
                }
            }
            return std::nullopt;
        case Point::Data:
            return happens("data4xx")
                       ? std::optional<Reply>(Reply{454, "4.3.0", "cannot take data now"})
                       : std::nullopt;
        case Point::StartTls:
            return happens("starttls_refused")
                       ? std::optional<Reply>(Reply{454, "4.7.0", "TLS not available"})
                       : std::nullopt;
    }
    return std::nullopt;
}

Task<void> Connection::run() {
    if (happens("greet421")) {
        server_.output().clear();
        server_.shut("no more connections now");
    }
    std::vector<char> buffer(64 * 1024);
    Go go = co_await settle();
    while (go == Go::On) {
        const Result<std::size_t> count = co_await stream_.read_some(buffer);
        if (!count || *count == 0) {
            break;
        }
        go = co_await take(std::string_view(buffer.data(), *count));
    }
    stream_.close();
}

// In small bites where a message may have to be cut inside.
Task<Connection::Go> Connection::take(std::string_view bytes) {
    const bool bites = state_->options.faults.configured("cut_data");
    while (!bytes.empty()) {
        const std::string_view bite = bites ? bytes.substr(0, 32) : bytes;
        bytes.remove_prefix(bite.size());
        server_.receive(bite);
        const Go go = co_await settle();
        if (go == Go::Close) {
            co_return go;
        }
        if (cut_data_ && server_.in_message()) {
            co_return Go::Close;
        }
    }
    co_return Go::On;
}

Task<Connection::Go> Connection::settle() {
    while (server_.step() == SmtpServer::Step::Deliver) {
        const Go go = co_await deliver();
        if (go == Go::Close) {
            co_return go;
        }
    }
    const Go go = co_await flush();
    if (go == Go::Close || server_.step() == SmtpServer::Step::Close) {
        co_return Go::Close;
    }
    if (server_.step() == SmtpServer::Step::UpgradeTls) {
        const Status secured = co_await stream_.start_tls(*state_->tls);
        if (!secured) {
            co_return Go::Close;
        }
        server_.tls_established();
    }
    co_return Go::On;
}

// A whole message is here. What was answered before it goes out first, so that a cut now concerns
// this message alone.
Task<Connection::Go> Connection::deliver() {
    Go go = co_await flush();
    if (go == Go::Close || happens_to_any("cut_before")) {
        co_return Go::Close;
    }
    if (happens_to_any("garbage")) {
        const Status ignored = co_await stream_.write_all("\x01\xff what?\n\r");
        (void)ignored;
        co_return Go::Close;
    }
    if (happens_to_any("dot4xx")) {
        server_.answer(Reply{454, "4.3.0", "temporary trouble"});
        co_return Go::On;
    }
    if (happens_to_any("dot5xx")) {
        server_.answer(Reply{554, "5.7.0", "content not liked"});
        co_return Go::On;
    }
    const bool cut = happens_to_any("cut_after");
    const std::string_view answer = cut ? "cut" : "250";
    const Status recorded = co_await record(answer);
    if (!recorded) {
        log_error("sink: {}", recorded.error().message());
        server_.answer(Reply{451, "4.3.0", "cannot record"});
        co_return Go::On;
    }
    if (cut) {
        co_return Go::Close;
    }
    std::string text = "recorded";
    if (happens("lines100")) {
        for (int i = 1; i < 100; ++i) {
            text += "\nand again";
        }
    }
    server_.answer(Reply{250, "2.0.0", text});
    co_return Go::On;
}

Task<Status> Connection::record(std::string_view answer) {
    const std::string& message = server_.message();
    const std::string rest = fmt::format("\t{}\t{}\t{}\t{}", message_id(message),
                                         hex_encode(sha256(message)), message.size(), answer);
    std::string lines;
    for (const std::string& rcpt : server_.envelope().rcpt_to) {
        lines += lines.empty() ? "" : "\n";
        lines += std::to_string(to_ms(state_->clock.now())) + '\t' + rcpt + rest;
    }
    state_->recorded += server_.envelope().rcpt_to.size();
    co_return co_await state_->log->append(std::move(lines));
}

Task<Connection::Go> Connection::flush() {
    std::string output = std::exchange(server_.output(), std::string());
    std::string_view left = output;
    if (!left.empty() && happens("delay")) {
        co_await sleep_for(Milliseconds(state_->options.faults.delay_ms()));
    }
    const bool split = !left.empty() && happens("split");
    while (!left.empty()) {
        const std::size_t size = split ? 1 + random_.below(left.size()) : left.size();
        const Status written = co_await stream_.write_all(left.substr(0, size));
        if (!written) {
            co_return Go::Close;
        }
        left.remove_prefix(size);
        if (!left.empty()) {
            co_await sleep_for(Milliseconds(1));  // so that the pieces travel alone
        }
    }
    co_return Go::On;
}

Task<void> serve(StatePtr state, tcp::socket socket) {
    net::SmtpStream stream(std::move(socket));
    Connection connection(std::move(state), stream);
    co_await connection.run();
}

void accept_next(const StatePtr& state) {
    state->acceptor.async_accept(
        [state](const boost::system::error_code& error, tcp::socket socket) {
            if (state->stopped || error == asio::error::operation_aborted) {
                return;
            }
            if (!error) {
                asio::co_spawn(state->executor, serve(state, std::move(socket)),
                               [](std::exception_ptr) {});
            }
            accept_next(state);
        });
}

}  // namespace

RecordingSink::RecordingSink(std::shared_ptr<State> state) : state_(std::move(state)) {}

RecordingSink::~RecordingSink() {
    state_->stopped = true;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    for (net::SmtpStream* stream : state_->streams) {
        stream->close();
    }
    state_->log->stop();  // it resumes coroutines: not when the io_context is gone
}

Result<std::unique_ptr<RecordingSink>> RecordingSink::start(Executor executor, const Clock& clock,
                                                            const RecordingSinkOptions& options) {
    auto state = std::make_shared<State>(std::move(executor), clock, options);
    TRY_AS(state->log, RecordLog::open(options.record_file));
    if (!options.tls_cert_file.empty()) {
        TRY_AS(const std::string certificate, read_file(options.tls_cert_file));
        TRY_AS(const std::string key, read_file(options.tls_key_file));
        TRY_AS(net::TlsServer tls, net::TlsServer::create(certificate, key));
        state->tls = std::make_shared<net::TlsServer>(std::move(tls));
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.host, error);
    if (error) {
        return invalid("'" + options.host + "' is not a numeric address");
    }
    try {
        state->acceptor = tcp::acceptor(state->executor, tcp::endpoint(address, options.port));
    } catch (const boost::system::system_error& e) {
        return unavailable(fmt::format("cannot listen on {} port {}: {}", options.host,
                                       options.port, e.code().message()));
    }
    accept_next(state);
    return std::unique_ptr<RecordingSink>(new RecordingSink(std::move(state)));
}

std::uint16_t RecordingSink::port() const {
    boost::system::error_code ignored;
    return state_->acceptor.local_endpoint(ignored).port();
}
std::uint64_t RecordingSink::recorded() const {
    return state_->recorded;
}
std::uint64_t RecordingSink::faults() const {
    return state_->faults;
}

}  // namespace tocsin::app
