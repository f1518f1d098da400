// SmtpServer: one SMTP connection seen from the server, as a pure state machine (RFC 5321).
//
// For Tocsin's own listeners (the built-in inbox, the recording sink, later bounces), so strict
// rather than friendly. What a sender can use to smuggle or to inject is refused:
//   - lines end in CRLF; a bare CR or LF in a command ends the session, in a message refuses it
//     and ends the session; only CRLF "." CRLF ends DATA;
//   - commands that must be the last of a group (EHLO, DATA, AUTH, STARTTLS) with bytes behind them
//     end the session, so nothing said in the clear survives STARTTLS;
//   - every length and count has a limit.
//
//   step() Run         give it bytes: receive()
//   step() Deliver     envelope() and message() are complete: decide, then answer()
//   step() UpgradeTls  write the output, handshake, then tls_established()
//   step() Close       write the output, close
// After every call output() is what to write; it may be written late, so that a pipelined group is
// answered in one write.
//
// Extensions: PIPELINING, 8BITMIME, SMTPUTF8, SIZE, CHUNKING, ENHANCEDSTATUSCODES, STARTTLS, AUTH.
// Owner: a connection. One thread. Not here: relaying, queues, policy beyond the hooks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "mail/smtp_reply.h"

namespace tocsin::mail {

struct SmtpEnvelope {
    std::string helo;
    std::string mail_from;  // empty is the null sender
    std::vector<std::string> rcpt_to;
    bool smtputf8 = false;
    bool tls = false;
    std::string user;  // who authenticated; empty: nobody
};

struct SmtpServerConfig {
    enum class StartTls { NotOffered, Offered, Required };
    enum class Auth { NotOffered, OverTls, Always };  // Always: also in the clear (tests)
    enum class Chunking { Offered, NotOffered };
    enum class Pipelining { Offered, NotOffered };

    std::string host = "localhost";  // our name
    std::size_t message_bytes_max = limits::kMessageBytesMax;
    std::size_t recipients_max = 100;
    std::size_t errors_max = 20;  // refused commands, then the session ends
    StartTls starttls = StartTls::NotOffered;
    Auth auth = Auth::NotOffered;  // where offered, nobody sends mail without it
    std::string user;
    std::string password;
    Chunking chunking = Chunking::Offered;
    Pipelining pipelining = Pipelining::Offered;
    // The owner's own refusals: a reply refuses the step (421 ends the session), nothing lets it
    // pass. `argument` is the address of Mail and Rcpt.
    enum class Point { Mail, Rcpt, Data, StartTls };
    std::function<std::optional<Reply>(Point, const SmtpEnvelope&, std::string_view argument)>
        refusal;
};

// Appends the reply as lines; '\n' in its text begins a new one.
void append_reply(std::string& out, const Reply& reply);

class SmtpServer {
  public:
    enum class Step { Run, Deliver, UpgradeTls, Close };
    enum class Channel { Clear, Tls };

    explicit SmtpServer(SmtpServerConfig config, Channel channel = Channel::Clear);

    void receive(std::string_view bytes);
    void answer(const Reply& reply);
    void tls_established();
    // Ends the session with 421 (the service stops, a limit passed).
    void shut(std::string_view reason);

    Step step() const { return step_; }
    const SmtpEnvelope& envelope() const { return envelope_; }
    // The message as it was meant: dots unstuffed, CRLF only. May be moved from.
    std::string& message() { return message_; }
    // What is to be written; clear() it once it is.
    std::string& output() { return output_; }
    bool in_message() const { return mode_ == Mode::Data || mode_ == Mode::Chunk; }

  private:
    enum class Mode { Command, Data, Chunk, AuthPlain, AuthLoginUser, AuthLoginPassword };
    enum class Verdict { Good, TooBig, BareLineEnd };

    void process();
    bool take_line(std::string_view& line);
    void on_command(std::string_view line);
    void on_line_of_auth(std::string_view line);
    void hello(std::string_view argument, bool extended);
    void mail(std::string_view argument);
    void rcpt(std::string_view argument);
    void data(std::string_view argument);
    void bdat(std::string_view argument);
    void starttls(std::string_view argument);
    void auth(std::string_view argument);
    void check_password(std::string_view user, std::string_view password);
    bool mail_parameters(std::string_view parameters);

    bool take_data();
    void take_chunk();
    void add_bytes(std::string_view bytes);
    void message_ended();
    void reset_transaction();

    // True if the owner refused this step.
    bool refused(SmtpServerConfig::Point point, std::string_view argument);
    void say(int code, std::string_view enhanced, std::string_view text);
    void refuse(int code, std::string_view enhanced, std::string_view text);
    void end_session(int code, std::string_view enhanced, std::string_view text);
    // Bytes behind a command that must be the last of its group.
    bool pipelined_too_far();
    std::string_view rest() const { return std::string_view(input_).substr(at_); }

    SmtpServerConfig config_;
    Step step_ = Step::Run;
    Mode mode_ = Mode::Command;
    bool tls_;
    bool greeted_ = false;  // EHLO or HELO
    bool has_sender_ = false;
    bool chunked_ = false;  // BDAT has begun
    bool last_chunk_ = false;
    std::size_t chunk_left_ = 0;
    std::size_t errors_ = 0;
    Verdict verdict_ = Verdict::Good;
    char last_byte_ = 0;  // of the message so far, across chunks
    SmtpEnvelope envelope_;
    std::string auth_user_;
    std::string input_;
    std::size_t at_ = 0;  // how much of input_ is used
    std::string message_;
    std::string output_;
};

}  // namespace tocsin::mail
