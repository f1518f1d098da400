// OutgoingMessage and SmtpOutcome: what goes into an SMTP session, and the one answer that each
// message gets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/smtp_reply.h"

namespace tocsin::mail {

// What a look over all bytes of a message finds (one vectorised pass, about 1 us for 10 kB).
struct MessageForm {
    bool canonical = false;  // CRLF only, ends in CRLF, no NUL, no line begins with '.'
    bool eight_bit = false;
};
MessageForm inspect_message(std::string_view bytes);

// One message to one recipient.
struct OutgoingMessage {
    std::uint64_t tag = 0;  // the caller's; comes back in the outcome
    std::string mail_from;  // without angle brackets; empty is the null sender
    std::string rcpt_to;
    bool smtputf8 = false;  // the envelope or a header needs SMTPUTF8
    // The complete message: CRLF line ends only, ends in CRLF, no line begins with '.', so the
    // same bytes serve DATA and BDAT. Verified; a message that is not so is refused unsent.
    std::string bytes;
    // What inspect_message() said of `bytes`, where whoever wrote them asked while they were at
    // hand; else the session asks.
    std::optional<MessageForm> form = std::nullopt;
};

struct SmtpOutcome {
    enum class Kind {
        Replied,  // `reply` is final for this recipient (a rejection at MAIL or RCPT included)
        NotSent,  // the session ended before the message was complete: certainly not accepted
        Unknown,  // the connection was lost after the final dot: accepted or not, nobody knows
    };
    enum class Stage { Mail, Rcpt, Data, FinalDot };

    std::uint64_t tag = 0;
    Kind kind = Kind::NotSent;
    // Replied: what the peer said; or what Tocsin says for it where the message cannot be given to
    // this peer (550 5.6.7 no SMTPUTF8, 552 5.3.4 above its SIZE, 554 5.6.0 malformed).
    // NotSent, Unknown: code 0 and the reason as text.
    Reply reply;
    Stage stage = Stage::Mail;  // the step that was answered, or that was reached
};

// True if the address can stand between angle brackets without ending the command or the path.
bool is_safe_path(std::string_view address);

// Where a session reports. Called on the session's thread.
class SmtpReports {
  public:
    virtual ~SmtpReports() = default;
    // Exactly once for every message handed in. `outcome` is reused: copy what is kept. Must not
    // call back into the session.
    virtual void on_outcome(const SmtpOutcome& outcome) = 0;
    // Asked before a transaction begins and again before the body goes out behind a 354: false
    // withdraws the message (a stop, a reader who left); it ends NotSent.
    virtual bool still_wanted(std::uint64_t tag) {
        (void)tag;
        return true;
    }
    // The message's buffers, back for reuse, some time after its outcome.
    virtual void on_spent(OutgoingMessage&& message) { (void)message; }
};

}  // namespace tocsin::mail
