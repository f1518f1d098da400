#include "app/sink_connection.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"

namespace tocsin::app {

using mail::Reply;
using mail::SmtpEnvelope;
using mail::SmtpServer;
using Point = mail::SmtpServerConfig::Point;

namespace {

using StatePtr = std::shared_ptr<RecordingSink::State>;

// How finely a message that is to be cut inside is read, and how far it may get.
constexpr std::size_t kBiteBytes = 32;
constexpr std::uint64_t kCutAfterBites = 64;
constexpr std::string_view kGarbage = "\x01\xff what?\n\r";

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
          number_(state_->connections++),
          since_(state_->clock.now()),
          random_(state_->options.seed * 1'000'003 + number_),
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
    std::optional<Reply> refuse_sender(std::string_view address);
    std::optional<Reply> refuse_recipient(std::string_view address);
    Task<Go> take(std::string_view bytes);
    Task<Go> settle();
    Task<Go> deliver();
    Task<Go> accept();
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
    // A fault after which the sender must try again, unless this reader has had its share of them.
    bool cuts(std::string_view fault, const std::string& address) {
        std::size_t& before = state_->cut[address];
        if (before >= state_->options.faults.cuts_max() || !happens(fault, address)) {
            return false;
        }
        ++before;
        return true;
    }
    bool cuts_any(std::string_view fault) {
        for (const std::string& rcpt : server_.envelope().rcpt_to) {
            if (cuts(fault, rcpt)) {
                return true;
            }
        }
        return false;
    }

    StatePtr state_;
    net::SmtpStream& stream_;
    std::uint64_t number_;
    Time since_;
    SeededRandom random_;
    SmtpServer server_;
    std::optional<std::uint64_t> cut_data_;  // cut this message after so many more bites
};

mail::SmtpServerConfig Connection::config() {
    mail::SmtpServerConfig config = state_->options.server;
    if (state_->tls && config.starttls == mail::SmtpServerConfig::StartTls::NotOffered) {
        config.starttls = mail::SmtpServerConfig::StartTls::Offered;
    }
    if (happens("starttls_hidden")) {
        config.starttls = mail::SmtpServerConfig::StartTls::NotOffered;
    }
    if (happens("no_chunking")) {
        config.chunking = mail::SmtpServerConfig::Chunking::NotOffered;
    }
    if (happens("no_pipelining")) {
        config.pipelining = mail::SmtpServerConfig::Pipelining::NotOffered;
    }
    config.refusal = [this](Point point, const SmtpEnvelope&, std::string_view argument) {
        return refusal(point, argument);
    };
    return config;
}

std::optional<Reply> Connection::refusal(Point point, std::string_view argument) {
    switch (point) {
        case Point::Mail:
            cut_data_.reset();
            return refuse_sender(argument);
        case Point::Rcpt:
            return refuse_recipient(argument);
        case Point::Data:
            return happens_to_any("data4xx")
                       ? std::optional<Reply>(Reply{454, "4.3.0", "cannot take data now"})
                       : std::nullopt;
        case Point::StartTls:
            return happens("starttls_refused")
                       ? std::optional<Reply>(Reply{454, "4.7.0", "TLS not available"})
                       : std::nullopt;
    }
    return std::nullopt;
}

std::optional<Reply> Connection::refuse_sender(std::string_view address) {
    if (happens("mail421")) {
        return Reply{421, "4.7.0", "too many messages, try again later"};
    }
    if (happens("mail4xx", address)) {
        return Reply{451, "4.7.1", "sender not now"};
    }
    if (happens("mail5xx", address)) {
        return Reply{550, "5.7.1", "sender not welcome"};
    }
    return std::nullopt;
}

std::optional<Reply> Connection::refuse_recipient(std::string_view argument) {
    const std::string address(argument);
    if (happens("rcpt5xx", address)) {
        return Reply{550, "5.1.1", "no such mailbox"};
    }
    if (cuts("rcpt4xx", address)) {
        return Reply{450, "4.2.1", "mailbox busy"};
    }
    if (cuts("rcpt552", address)) {
        return Reply{552, "5.2.2", "mailbox full"};
    }
    if (cuts("rcpt421", address)) {
        return Reply{421, "4.3.2", "shutting down"};
    }
    if (state_->options.faults.configured("greylist") &&
        state_->greylisted.emplace(address).second && cuts("greylist", address)) {
        return Reply{451, "4.7.1", "greylisted, try again in a minute"};
    }
    if (cuts("cut_data", address)) {
        cut_data_ = random_.below(kCutAfterBites);
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
        const std::string_view bite = bites ? bytes.substr(0, kBiteBytes) : bytes;
        bytes.remove_prefix(bite.size());
        server_.receive(bite);
        const Go go = co_await settle();
        if (go == Go::Close) {
            co_return go;
        }
        if (cut_data_ && server_.in_message() && (*cut_data_)-- == 0) {
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
    if (server_.step() == SmtpServer::Step::UpgradeTls && happens("starttls_injected")) {
        server_.output() += "250-impostor\r\n250 PIPELINING\r\n";
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
    const Go go = co_await flush();
    if (go == Go::Close || cut_data_ || cuts_any("cut_before")) {
        co_return Go::Close;
    }
    if (cuts_any("garbage")) {
        const Status ignored = co_await stream_.write_all(kGarbage);
        (void)ignored;
        co_return Go::Close;
    }
    if (cuts_any("dot421")) {
        server_.answer(Reply{421, "4.3.2", "shutting down, message not kept"});
        server_.shut("shutting down");
        co_return Go::On;
    }
    if (happens_to_any("dot4xx")) {
        server_.answer(Reply{454, "4.3.0", "temporary trouble"});
        co_return Go::On;
    }
    if (happens_to_any("dot5xx")) {
        server_.answer(Reply{554, "5.7.0", "content not liked"});
        co_return Go::On;
    }
    co_return co_await accept();
}

Task<Connection::Go> Connection::accept() {
    const bool cut = cuts_any("cut_after");
    const bool garbled = !cut && cuts_any("garbage_after");
    const bool late = !cut && !garbled && cuts_any("late");
    const std::string_view answer = cut || garbled ? "cut" : late ? "late" : "250";
    const Status recorded = co_await record(answer);
    if (!recorded) {
        log_error("sink: {}", recorded.error().message());
        server_.answer(Reply{451, "4.3.0", "cannot record"});
        co_return Go::On;
    }
    if (garbled) {
        const Status ignored = co_await stream_.write_all(kGarbage);
        (void)ignored;
    }
    if (cut || garbled) {
        co_return Go::Close;
    }
    if (late) {
        co_await sleep_for(Milliseconds(state_->options.faults.late_ms()));
    }
    std::string text = "recorded";
    if (happens_to_any("lines100")) {
        for (int i = 1; i < 100; ++i) {
            text += "\nand again";
        }
    }
    server_.answer(Reply{250, "2.0.0", text});
    co_return Go::On;
}

Task<Status> Connection::record(std::string_view answer) {
    const std::string& message = server_.message();
    const std::string rest = fmt::format("\t{}\t{}\t{}\t{}\t{}\t{}\t{}", message_id(message),
                                         hex_encode(sha256(message)), message.size(), answer,
                                         number_, to_ms(since_), server_.envelope().helo);
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

}  // namespace

Task<void> serve_sink_connection(std::shared_ptr<RecordingSink::State> state,
                                 boost::asio::ip::tcp::socket socket) {
    net::SmtpStream stream(std::move(socket));
    Connection connection(std::move(state), stream);
    co_await connection.run();
}

}  // namespace tocsin::app
