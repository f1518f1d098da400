// SmtpClient: one SMTP connection seen from the client, as a pure state machine (RFC 5321).
//
// Bytes of the peer go in; bytes to write, outcomes and wishes come out. It never waits, reads no
// clock and owns no socket: net/smtp_session.h does. That makes every order of events a plain
// function call, tested in microseconds and fuzzed.
//
// The shell's part of the deal:
//   1. wants_message()  -> offer() a message, or finish() when there are no more;
//   2. take_output()    -> write it in one gather write, then output_written();
//   3. bytes arrived    -> receive(); the peer closed -> peer_closed();
//   4. step() UpgradeTls -> handshake, then tls_established(); step() Close -> close the socket;
//   5. at the end, whatever the reason: closed(), once, when no write is under way. It settles
//      every message that has no outcome yet.
//
// How transactions are sent, by what the peer offers:
//   nothing              one command, one reply
//   PIPELINING           MAIL RCPT DATA in one write, and the next message's behind the final dot
//   PIPELINING CHUNKING  MAIL RCPT BDAT-LAST and the body in one write, `window` messages deep
// After a transaction that did not run to its end, RSET goes before the next MAIL.
//
// What a reply means for a message is decided only by the command it answers: replies come in
// order, and each command waits in `pending_`. A positive reply to a final dot that was never
// handed to the shell is a lie and ends the session.
//
// Owner: the session. One thread. Allocates nothing per message once warm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/circular_buffer.hpp>

#include "mail/gather_queue.h"
#include "mail/smtp_capabilities.h"
#include "mail/smtp_message.h"
#include "mail/smtp_reply.h"

namespace tocsin::mail {

struct SmtpClientConfig {
    enum class StartTls { Never, IfOffered, Required };
    enum class Channel { Clear, Tls };                  // what the connection is before EHLO
    enum class Auth { None, OverVerifiedTls, Always };  // Always: also in the clear (loopback)
    enum class Certificate { Verified, NotVerified };   // of TLS, where there is TLS

    std::string helo = "localhost";
    Channel channel = Channel::Clear;
    StartTls starttls = StartTls::Required;
    Certificate certificate = Certificate::Verified;
    Auth auth = Auth::None;
    std::string user;
    std::string password;
    std::size_t window = 2;  // messages without an outcome, at least 1
};

class SmtpClient {
  public:
    enum class Step {
        Run,
        UpgradeTls,  // after what has been handed out is written; nothing is to be read before it
        Close,
    };
    // What the connection waits for, for the shell's time limits.
    enum class Wait { Nothing, Greeting, Command, FinalDot, Quit };
    enum class End {
        Open,  // not ended
        Done,  // after finish(): everything answered, QUIT said
        Refused,
        TlsNotOffered,
        TlsRefused,
        AuthNotOffered,
        AuthNotSafe,
        AuthRefused,
        PeerEnded,
        Protocol,
        Withdrawn,  // a message was withdrawn after 354: only closing the connection cancels it
    };

    SmtpClient(SmtpClientConfig config, SmtpReports& reports);

    void receive(std::string_view bytes);
    void peer_closed();
    void tls_established();

    bool wants_message() const;
    void offer(OutgoingMessage message);  // only if wants_message()
    void finish();                        // no more messages: QUIT once all are answered
    void noop();                          // a sign of life; only if idle()
    // Sends what may be sent after offers; call before take_output().
    void advance();

    bool take_output(std::vector<std::string_view>& pieces) { return output_.take(pieces); }
    void output_written();
    // The connection is gone or is given up. `written`: how much of the last take_output() may have
    // reached the peer, if output_written() was not called for it.
    void closed(std::size_t written, std::string_view why);

    Step step() const;
    Wait waiting_for() const;
    bool ready() const { return phase_ == Phase::Ready; }
    bool idle() const { return ready() && pending_.empty() && unanswered_ == 0 && !finishing_; }
    std::size_t unanswered() const { return unanswered_; }
    const SmtpCapabilities& capabilities() const { return capabilities_; }

    End end() const { return end_; }
    const std::string& end_text() const { return end_text_; }
    const std::optional<Reply>& end_reply() const { return end_reply_; }

  private:
    enum class Phase { Opening, Handshake, Ready, Quitting, Over };
    enum class Command {
        Greeting,  // not a command: the reply that opens the connection
        Ehlo,
        Helo,
        StartTls,
        AuthPlain,
        AuthLogin,
        AuthUser,
        AuthPassword,
        Rset,
        Mail,
        Rcpt,
        Data,
        FinalDot,
        LoneDot,
        Bdat,
        Noop,
        Quit,
    };
    enum class Next { Rset, Mail, Rcpt, Body, Nothing };  // what a transaction sends next
    struct Transaction {
        OutgoingMessage message;
        SmtpOutcome::Stage stage = SmtpOutcome::Stage::Mail;
        Next next = Next::Mail;
        bool begun = false;
        bool answered = false;
        bool eight_bit = false;
        std::size_t pending = 0;            // its commands that wait for a reply
        std::uint64_t complete_offset = 0;  // where its final byte ends; 0: not in the output
        std::uint64_t end_offset = 0;       // where its last byte of any kind ends
    };
    struct Pending {
        Command command;
        Transaction* transaction;  // null for session commands
        std::uint64_t end_offset;
    };

    void send(Command command, std::string_view line, Transaction* transaction = nullptr);
    void send_step(Transaction& transaction);
    void send_mail(Transaction& transaction);
    void send_body(Transaction& transaction);
    void begin(Transaction& transaction);
    bool may_begin() const;
    std::size_t effective_window() const;
    std::optional<Reply> refusal_for(const Transaction& transaction, const MessageForm& form) const;

    void on_reply(const Reply& reply);
    void on_421(const Reply& reply, Transaction* transaction);
    void on_opening_reply(Command command, const Reply& reply);
    void on_transaction_reply(const Pending& pending, const Reply& reply);
    void on_data_reply(Transaction& transaction, const Reply& reply);
    void on_body_reply(Command command, Transaction& transaction, const Reply& reply);
    void after_hello();
    void start_auth();
    void become_ready();

    void answer(Transaction& transaction, SmtpOutcome::Kind kind, const Reply& reply);
    void release_spent();
    void finish_with(End end, std::string text);  // QUIT first
    void end_now(End end, std::string text);      // close without a word
    void protocol_error(std::string text) { end_now(End::Protocol, std::move(text)); }

    SmtpClientConfig config_;
    SmtpReports& reports_;
    Phase phase_ = Phase::Opening;
    bool tls_;
    bool finishing_ = false;
    bool reset_needed_ = false;
    SmtpCapabilities capabilities_;
    ReplyParser parser_;
    GatherQueue output_;
    boost::circular_buffer<Pending> pending_;
    boost::circular_buffer<Transaction> transactions_;  // never grows: elements stay in place
    Transaction* open_ = nullptr;    // the one that has commands left to send or awaits 354
    Transaction* newest_ = nullptr;  // the last one begun
    std::size_t unanswered_ = 0;
    std::string line_;  // scratch for commands
    SmtpOutcome outcome_;
    End end_ = End::Open;
    std::string end_text_;
    std::optional<Reply> end_reply_;
};

}  // namespace tocsin::mail
