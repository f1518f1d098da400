// Reply and ReplyParser: what an SMTP server answers (RFC 5321 section 4.2, RFC 2034, RFC 3463).
//
//   reply      = *( code "-" [ text ] CRLF ) code [ SP [ text ] ] CRLF
//   code       = %x32-35 %x30-39 %x30-39                 ; 200 to 599, the same on every line
//   text       = [ enhanced SP ] *( any byte but CR, LF and NUL )
//   enhanced   = ("2" / "4" / "5") "." 1*3DIGIT "." 1*3DIGIT   ; its class must be the code's
//
// Strict where it decides what happened to a message (code, separator, line ends), lenient where
// it does not (the text may hold any byte; the enhanced code may be missing). A line may be at most
// limits::kSmtpReplyLineBytesMax, a reply at most limits::kSmtpReplyLinesMax lines.
//
// Pure. One thread. Reuses its memory: parsing a reply allocates nothing once the buffers are warm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::mail {

struct Reply {
    int code = 0;
    std::string enhanced;  // "4.7.28", or empty
    std::string text;      // without the enhanced code; lines joined by '\n'; cut at 16 KiB

    bool positive() const { return code >= 200 && code < 300; }
    bool intermediate() const { return code >= 300 && code < 400; }
    bool transient() const { return code >= 400 && code < 500; }
    bool permanent() const { return code >= 500 && code < 600; }
};

// "450 4.2.1 Mailbox busy", on one line, control bytes replaced by spaces.
std::string to_line(const Reply& reply);

class ReplyParser {
  public:
    enum class Step {
        NeedMore,  // all bytes were taken, the reply is not complete
        Complete,  // reply() holds it; `bytes` is what follows it
        Broken,    // not SMTP; problem() says why. The connection is of no use any more
    };

    // Takes bytes from the front of `bytes`, at most up to the end of one reply.
    Step feed(std::string_view& bytes);
    const Reply& reply() const { return reply_; }
    std::string_view problem() const { return problem_; }
    // Nothing of a next reply has been seen.
    bool at_start() const { return line_.empty() && (lines_ == 0 || complete_); }
    // Forgets a half-read reply (after STARTTLS nothing said in the clear counts).
    void reset();

  private:
    Step take_line(std::string_view line);
    Step broken(std::string_view problem);

    Reply reply_;
    std::string line_;  // the part of a line seen so far, where a line came in pieces
    std::size_t lines_ = 0;
    bool complete_ = false;  // reply_ was handed out; the next line begins a new one
    std::string_view problem_;
};

}  // namespace tocsin::mail
