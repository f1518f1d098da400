// The sending half of SmtpClient: what goes out and when. smtp_client_replies.cpp has the other.
#include "mail/smtp_client.h"

#include <algorithm>

#include "base/check.h"

namespace tocsin::mail {
namespace {

constexpr std::size_t kWindowMax = 256;
constexpr std::size_t kCommandsPerTransaction = 5;

std::size_t clamped(std::size_t window) {
    return std::clamp<std::size_t>(window, 1, kWindowMax);
}

}  // namespace

SmtpClient::SmtpClient(SmtpClientConfig config, SmtpReports& reports)
    : config_(std::move(config)),
      reports_(reports),
      tls_(config_.channel == SmtpClientConfig::Channel::Tls),
      pending_((clamped(config_.window) + 3) * kCommandsPerTransaction),
      transactions_(clamped(config_.window) + 2) {
    config_.window = clamped(config_.window);
    pending_.push_back({Command::Greeting, nullptr, 0});
}

// --- what the shell asks ---

SmtpClient::Step SmtpClient::step() const {
    if (phase_ == Phase::Over) {
        return Step::Close;
    }
    return phase_ == Phase::Handshake ? Step::UpgradeTls : Step::Run;
}

SmtpClient::Wait SmtpClient::waiting_for() const {
    if (phase_ == Phase::Quitting) {
        return Wait::Quit;
    }
    if (pending_.empty()) {
        return Wait::Nothing;
    }
    switch (pending_.front().command) {
        case Command::Greeting:
            return Wait::Greeting;
        case Command::FinalDot:
        case Command::LoneDot:
        case Command::Bdat:
            return Wait::FinalDot;
        default:
            return Wait::Command;
    }
}

std::size_t SmtpClient::effective_window() const {
    if (!capabilities_.pipelining) {
        return 1;
    }
    return capabilities_.chunking ? config_.window : std::min<std::size_t>(config_.window, 2);
}

bool SmtpClient::wants_message() const {
    return phase_ == Phase::Ready && !finishing_ && unanswered_ < effective_window() &&
           !transactions_.full();
}

// --- messages ---

// A message that this peer cannot be given is answered here, in the peer's place.
std::optional<Reply> SmtpClient::refusal_for(const Transaction& transaction,
                                             const MessageForm& form) const {
    const OutgoingMessage& message = transaction.message;
    if (!is_safe_path(message.mail_from) || !is_safe_path(message.rcpt_to) ||
        message.rcpt_to.empty()) {
        return Reply{553, "5.1.3", "not sent: the address cannot stand in an SMTP command"};
    }
    if (!form.canonical) {
        return Reply{554, "5.6.0",
                     "not sent: the message has a bare CR or LF, a NUL, a line that begins with a "
                     "dot, or no CRLF at its end"};
    }
    if (message.smtputf8 && !capabilities_.smtputf8) {
        return Reply{550, "5.6.7",
                     "not sent: the receiving server does not take internationalized addresses "
                     "(no SMTPUTF8)"};
    }
    if (form.eight_bit && !capabilities_.eight_bit) {
        return Reply{554, "5.6.3", "not sent: the receiving server takes no 8-bit messages"};
    }
    if (capabilities_.size_max > 0 && message.bytes.size() > capabilities_.size_max) {
        return Reply{552, "5.3.4",
                     "not sent: the message has " + std::to_string(message.bytes.size()) +
                         " bytes, the receiving server takes " +
                         std::to_string(capabilities_.size_max)};
    }
    return std::nullopt;
}

void SmtpClient::offer(OutgoingMessage message) {
    CHECK(wants_message());
    transactions_.push_back(Transaction());
    Transaction& transaction = transactions_.back();
    transaction.message = std::move(message);
    ++unanswered_;
    const OutgoingMessage& offered = transaction.message;
    const MessageForm form = offered.form ? *offered.form : inspect_message(offered.bytes);
    transaction.eight_bit = form.eight_bit;
    if (const auto refusal = refusal_for(transaction, form)) {
        answer(transaction, SmtpOutcome::Kind::Replied, *refusal);
        release_spent();
    }
}

void SmtpClient::finish() {
    finishing_ = true;
    advance();
}

void SmtpClient::noop() {
    if (idle()) {
        send(Command::Noop, "NOOP\r\n");
    }
}

void SmtpClient::advance() {
    if (phase_ != Phase::Ready) {
        return;
    }
    if (open_ != nullptr && open_->next != Next::Nothing && pending_.empty()) {
        send_step(*open_);  // no PIPELINING: one command after each reply
    }
    for (Transaction& transaction : transactions_) {
        if (transaction.begun || transaction.answered) {
            continue;
        }
        if (!may_begin()) {
            break;
        }
        if (reports_.still_wanted(transaction.message.tag)) {
            begin(transaction);
        } else {
            answer(transaction, SmtpOutcome::Kind::NotSent, Reply{0, "", "withdrawn"});
        }
    }
    release_spent();
    if (finishing_ && unanswered_ == 0 && pending_.empty()) {
        finish_with(End::Done, "no more messages");
    }
}

bool SmtpClient::may_begin() const {
    return open_ == nullptr && (capabilities_.pipelining || pending_.empty());
}

void SmtpClient::begin(Transaction& transaction) {
    transaction.begun = true;
    transaction.next = reset_needed_ ? Next::Rset : Next::Mail;
    open_ = &transaction;
    newest_ = &transaction;
    do {
        send_step(transaction);
    } while (capabilities_.pipelining && transaction.next != Next::Nothing);
}

void SmtpClient::send_step(Transaction& transaction) {
    switch (transaction.next) {
        case Next::Rset:
            send(Command::Rset, "RSET\r\n");
            reset_needed_ = false;
            transaction.next = Next::Mail;
            break;
        case Next::Mail:
            send_mail(transaction);
            transaction.next = Next::Rcpt;
            break;
        case Next::Rcpt:
            line_.assign("RCPT TO:<").append(transaction.message.rcpt_to).append(">\r\n");
            send(Command::Rcpt, line_, &transaction);
            transaction.next = Next::Body;
            break;
        case Next::Body:
            transaction.next = Next::Nothing;
            if (capabilities_.chunking) {
                send_body(transaction);
            } else {
                send(Command::Data, "DATA\r\n", &transaction);
            }
            break;
        case Next::Nothing:
            break;
    }
}

void SmtpClient::send_mail(Transaction& transaction) {
    line_.assign("MAIL FROM:<").append(transaction.message.mail_from).append(">");
    if (capabilities_.size) {
        line_.append(" SIZE=").append(std::to_string(transaction.message.bytes.size()));
    }
    if (transaction.eight_bit) {
        line_ += " BODY=8BITMIME";
    }
    if (transaction.message.smtputf8) {
        line_ += " SMTPUTF8";
    }
    line_ += "\r\n";
    send(Command::Mail, line_, &transaction);
}

// The message with its end: behind a 354 with the dot, or as the one chunk of BDAT. From here on
// only the reply says what became of it.
void SmtpClient::send_body(Transaction& transaction) {
    const std::string& bytes = transaction.message.bytes;
    open_ = nullptr;
    if (capabilities_.chunking) {
        line_.assign("BDAT ").append(std::to_string(bytes.size())).append(" LAST\r\n");
        output_.append(line_);
        output_.append_reference(bytes);
        send(Command::Bdat, "", &transaction);
        reset_needed_ = true;  // until its reply says that the transaction ended well
    } else {
        output_.append_reference(bytes);
        send(Command::FinalDot, ".\r\n", &transaction);
    }
    transaction.complete_offset = output_.appended();
}

void SmtpClient::send(Command command, std::string_view line, Transaction* transaction) {
    CHECK(!pending_.full());
    if (!line.empty()) {
        output_.append(line);
    }
    pending_.push_back({command, transaction, output_.appended()});
    if (transaction != nullptr) {
        ++transaction->pending;
        transaction->end_offset = output_.appended();
    }
}

// --- the end of messages and of the session ---

void SmtpClient::answer(Transaction& transaction, SmtpOutcome::Kind kind, const Reply& reply) {
    constexpr std::size_t kOutcomeTextBytesMax = 1024;
    CHECK(!transaction.answered);
    transaction.answered = true;
    --unanswered_;
    outcome_.tag = transaction.message.tag;
    outcome_.kind = kind;
    outcome_.stage = transaction.stage;
    outcome_.reply.code = reply.code;
    outcome_.reply.enhanced = reply.enhanced;
    outcome_.reply.text.assign(reply.text, 0, kOutcomeTextBytesMax);
    reports_.on_outcome(outcome_);
}

// Messages go back once nothing of them can be needed: answered, no reply to come, nothing in a
// write under way.
void SmtpClient::release_spent() {
    while (!transactions_.empty()) {
        Transaction& oldest = transactions_.front();
        if (!oldest.answered || oldest.pending > 0 || oldest.end_offset > output_.written()) {
            break;
        }
        reports_.on_spent(std::move(oldest.message));
        transactions_.pop_front();
    }
}

void SmtpClient::output_written() {
    output_.finish(output_.handed_out() - output_.written());
    release_spent();
}

void SmtpClient::peer_closed() {
    if (phase_ == Phase::Quitting) {
        phase_ = Phase::Over;
    } else if (phase_ != Phase::Over) {
        end_now(End::PeerEnded, "the peer closed the connection");
    }
}

void SmtpClient::finish_with(End end, std::string text) {
    end_ = end;
    end_text_ = std::move(text);
    send(Command::Quit, "QUIT\r\n");
    phase_ = Phase::Quitting;
}

void SmtpClient::end_now(End end, std::string text) {
    if (end_ == End::Open) {
        end_ = end;
        end_text_ = std::move(text);
    }
    phase_ = Phase::Over;
    output_.drop();
}

void SmtpClient::closed(std::size_t written, std::string_view why) {
    phase_ = Phase::Over;
    if (output_.in_progress()) {
        output_.finish(written);
    }
    output_.drop();
    const Reply reason{0, "", std::string(end_text_.empty() ? why : std::string_view(end_text_))};
    for (Transaction& transaction : transactions_) {
        if (!transaction.answered) {
            const bool complete =
                transaction.complete_offset > 0 && transaction.complete_offset <= output_.written();
            if (complete) {
                transaction.stage = SmtpOutcome::Stage::FinalDot;
            }
            answer(transaction, complete ? SmtpOutcome::Kind::Unknown : SmtpOutcome::Kind::NotSent,
                   reason);
        }
        reports_.on_spent(std::move(transaction.message));
    }
    transactions_.clear();
    pending_.clear();
    open_ = nullptr;
    newest_ = nullptr;
}

}  // namespace tocsin::mail
