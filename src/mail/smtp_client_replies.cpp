// The receiving half of SmtpClient: what each reply means.
#include "base/bytes.h"
#include "base/check.h"
#include "mail/smtp_client.h"

namespace tocsin::mail {

void SmtpClient::receive(std::string_view bytes) {
    while (!bytes.empty() &&
           (phase_ == Phase::Opening || phase_ == Phase::Ready || phase_ == Phase::Quitting)) {
        const ReplyParser::Step step = parser_.feed(bytes);
        if (step == ReplyParser::Step::Broken) {
            protocol_error(std::string(parser_.problem()));
        } else if (step == ReplyParser::Step::Complete) {
            on_reply(parser_.reply());
        }
    }
    // Bytes left over behind the answer to STARTTLS were said in the clear: they count for nothing.
    release_spent();
    advance();
}

void SmtpClient::on_reply(const Reply& reply) {
    if (pending_.empty()) {
        end_reply_ = reply;
        if (reply.code == 421) {
            end_now(End::PeerEnded, to_line(reply));
        } else {
            protocol_error("a reply came that no command had asked for: " + to_line(reply));
        }
        return;
    }
    const Pending pending = pending_.front();
    // Bytes after what was handed to the shell cannot have been answered honestly. A refusal is
    // believed all the same (a server may give up in the middle of a body), success is not.
    const bool early = pending.end_offset > output_.handed_out();
    if (early && !reply.transient() && !reply.permanent()) {
        end_reply_ = reply;
        protocol_error("a reply came before its command was sent: " + to_line(reply));
        return;
    }
    pending_.pop_front();
    if (pending.transaction != nullptr) {
        --pending.transaction->pending;
    }
    if (reply.code == 421 && pending.command != Command::Quit) {
        on_421(reply, pending.transaction);
        return;
    }
    if (pending.transaction != nullptr) {
        on_transaction_reply(pending, reply);
    } else if (pending.command == Command::Quit) {
        phase_ = Phase::Over;
    } else if (pending.command == Command::Rset || pending.command == Command::Noop) {
        if (!reply.positive()) {
            end_reply_ = reply;
            protocol_error("the peer refused RSET or NOOP: " + to_line(reply));
        }
    } else {
        on_opening_reply(pending.command, reply);
    }
    if (early && phase_ != Phase::Over) {
        end_reply_ = reply;
        end_now(End::PeerEnded, "refused before the end of the message: " + to_line(reply));
    }
}

// 421 closes the channel wherever it comes (RFC 5321 section 3.8). It answers the command it stands
// for; what was sent behind that command stays open and is settled by closed().
void SmtpClient::on_421(const Reply& reply, Transaction* transaction) {
    end_reply_ = reply;
    if (transaction != nullptr && !transaction->answered) {
        answer(*transaction, SmtpOutcome::Kind::Replied, reply);
    }
    end_now(phase_ == Phase::Opening ? End::Refused : End::PeerEnded, to_line(reply));
}

// --- before the first message ---

void SmtpClient::on_opening_reply(Command command, const Reply& reply) {
    end_reply_ = reply;
    switch (command) {
        case Command::Greeting:
            if (reply.code != 220) {
                return finish_with(End::Refused, "greeted with " + to_line(reply));
            }
            line_.assign("EHLO ").append(config_.helo).append("\r\n");
            return send(Command::Ehlo, line_);
        case Command::Ehlo:
            if (reply.code == 250) {
                capabilities_ = parse_capabilities(reply.text);
                return after_hello();
            }
            if (reply.permanent() && !tls_) {
                line_.assign("HELO ").append(config_.helo).append("\r\n");
                return send(Command::Helo, line_);
            }
            return finish_with(End::Refused, "EHLO was answered " + to_line(reply));
        case Command::Helo:
            if (reply.code == 250) {
                capabilities_ = SmtpCapabilities();
                return after_hello();
            }
            return finish_with(End::Refused, "HELO was answered " + to_line(reply));
        case Command::StartTls:
            if (reply.code == 220) {
                phase_ = Phase::Handshake;
                capabilities_ = SmtpCapabilities();  // nothing said in the clear counts
                parser_.reset();
                return;
            }
            if (config_.starttls == SmtpClientConfig::StartTls::IfOffered) {
                return start_auth();
            }
            return finish_with(End::TlsRefused, "STARTTLS was answered " + to_line(reply));
        case Command::AuthLogin:
        case Command::AuthUser:
            if (reply.code == 334) {
                const bool user = command == Command::AuthLogin;
                line_.assign(base64_encode(user ? config_.user : config_.password)).append("\r\n");
                return send(user ? Command::AuthUser : Command::AuthPassword, line_);
            }
            return finish_with(End::AuthRefused, "AUTH was answered " + to_line(reply));
        case Command::AuthPlain:
        case Command::AuthPassword:
            if (reply.code == 235) {
                return become_ready();
            }
            return finish_with(End::AuthRefused, "AUTH was answered " + to_line(reply));
        default:
            CHECK(false && "not a command of the opening");
    }
}

void SmtpClient::after_hello() {
    if (tls_ || config_.starttls == SmtpClientConfig::StartTls::Never) {
        return start_auth();
    }
    if (capabilities_.starttls) {
        return send(Command::StartTls, "STARTTLS\r\n");
    }
    if (config_.starttls == SmtpClientConfig::StartTls::Required) {
        return finish_with(End::TlsNotOffered, "TLS is required and the peer does not offer it");
    }
    start_auth();
}

void SmtpClient::tls_established() {
    CHECK(phase_ == Phase::Handshake && pending_.empty());
    tls_ = true;
    phase_ = Phase::Opening;
    line_.assign("EHLO ").append(config_.helo).append("\r\n");
    send(Command::Ehlo, line_);
}

void SmtpClient::start_auth() {
    if (config_.auth == SmtpClientConfig::Auth::None) {
        return become_ready();
    }
    const bool safe = config_.auth == SmtpClientConfig::Auth::Always ||
                      (tls_ && config_.certificate == SmtpClientConfig::Certificate::Verified);
    if (!safe) {
        return finish_with(End::AuthNotSafe, "the password goes out only over verified TLS");
    }
    if (capabilities_.auth_plain) {
        std::string secret(1, '\0');
        secret.append(config_.user).append(1, '\0').append(config_.password);
        line_.assign("AUTH PLAIN ").append(base64_encode(secret)).append("\r\n");
        return send(Command::AuthPlain, line_);
    }
    if (capabilities_.auth_login) {
        return send(Command::AuthLogin, "AUTH LOGIN\r\n");
    }
    finish_with(End::AuthNotOffered, "the peer offers neither AUTH PLAIN nor AUTH LOGIN");
}

void SmtpClient::become_ready() {
    end_reply_.reset();
    phase_ = Phase::Ready;
}

// --- transactions ---

void SmtpClient::on_transaction_reply(const Pending& pending, const Reply& reply) {
    Transaction& transaction = *pending.transaction;
    if (pending.command == Command::Data) {
        return on_data_reply(transaction, reply);
    }
    if (reply.intermediate()) {
        end_reply_ = reply;
        return protocol_error("the peer asked to go on where that has no meaning: " +
                              to_line(reply));
    }
    if (pending.command != Command::Mail && pending.command != Command::Rcpt) {
        return on_body_reply(pending.command, transaction, reply);
    }
    if (reply.positive()) {
        if (!transaction.answered) {
            transaction.stage = pending.command == Command::Mail ? SmtpOutcome::Stage::Rcpt
                                                                 : SmtpOutcome::Stage::Data;
        }
        return;
    }
    if (!transaction.answered) {
        answer(transaction, SmtpOutcome::Kind::Replied, reply);
    }
    if (transaction.next != Next::Nothing) {  // no PIPELINING: the rest is not sent at all
        transaction.next = Next::Nothing;
        open_ = nullptr;
        reset_needed_ = true;
    }
}

void SmtpClient::on_data_reply(Transaction& transaction, const Reply& reply) {
    if (reply.positive() || (reply.intermediate() && reply.code != 354)) {
        end_reply_ = reply;
        return protocol_error("DATA was answered " + to_line(reply));
    }
    if (!reply.intermediate()) {
        open_ = nullptr;
        reset_needed_ = true;
        if (!transaction.answered) {
            answer(transaction, SmtpOutcome::Kind::Replied, reply);
        }
        return;
    }
    if (transaction.answered) {
        // The recipient was refused, the pipelined DATA was not: an empty message to nobody.
        open_ = nullptr;
        return send(Command::LoneDot, ".\r\n", &transaction);
    }
    if (!reports_.still_wanted(transaction.message.tag)) {
        answer(transaction, SmtpOutcome::Kind::NotSent, Reply{0, "", "withdrawn"});
        return end_now(End::Withdrawn, "a message was withdrawn after DATA");
    }
    transaction.stage = SmtpOutcome::Stage::FinalDot;
    send_body(transaction);
}

void SmtpClient::on_body_reply(Command command, Transaction& transaction, const Reply& reply) {
    if (command == Command::Bdat && reply.positive() && newest_ == &transaction) {
        reset_needed_ = false;
    }
    if (command == Command::LoneDot || transaction.answered) {
        return;
    }
    transaction.stage = SmtpOutcome::Stage::FinalDot;
    answer(transaction, SmtpOutcome::Kind::Replied, reply);
}

}  // namespace tocsin::mail
