// How SmtpServer takes messages in: DATA with its dots, BDAT with its counts.
#include <charconv>

#include "base/bytes.h"
#include "base/check.h"
#include "mail/smtp_server.h"

namespace tocsin::mail {

void SmtpServer::data(std::string_view argument) {
    if (!argument.empty()) {
        return refuse(501, "5.5.4", "DATA takes no argument");
    }
    if (chunked_) {
        return refuse(503, "5.5.1", "BDAT has begun this message");
    }
    if (envelope_.rcpt_to.empty()) {
        return say(has_sender_ ? 554 : 503, "5.5.1", "no valid recipients");
    }
    if (pipelined_too_far()) {
        return;
    }
    if (refused(SmtpServerConfig::Point::Data, "")) {
        return;
    }
    mode_ = Mode::Data;
    say(354, "", "end with CRLF.CRLF");
}

// Whole lines up to the final dot. A line end is CRLF; bare ones stay inside their line and
// condemn the message. False: more bytes are needed.
bool SmtpServer::take_data() {
    const std::string_view bytes = rest();
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() > config_.message_bytes_max) {
            end_session(552, "5.3.4", "the message is too big");
        }
        return false;
    }
    const std::string_view line = bytes.substr(0, end + 2);
    at_ += line.size();
    if (line == ".\r\n") {
        message_ended();
    } else {
        add_bytes(line.starts_with('.') ? line.substr(1) : line);
    }
    return true;
}

void SmtpServer::bdat(std::string_view argument) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(argument.begin(), argument.end(), size);
    const std::string_view after =
        argument.substr(static_cast<std::size_t>(std::distance(argument.begin(), end)));
    if (error != std::errc() || (!after.empty() && !ascii_iequals(after, " LAST"))) {
        // How many bytes follow is not known: there is no way to find the next command.
        return end_session(501, "5.5.4", "the form is BDAT size [LAST]");
    }
    chunked_ = true;
    last_chunk_ = !after.empty();
    chunk_left_ = size;
    mode_ = Mode::Chunk;
    if (size == 0) {
        take_chunk();
    }
}

void SmtpServer::take_chunk() {
    const std::string_view bytes = rest().substr(0, chunk_left_);
    at_ += bytes.size();
    chunk_left_ -= bytes.size();
    if (!envelope_.rcpt_to.empty()) {
        add_bytes(bytes);
    }
    if (chunk_left_ > 0) {
        return;
    }
    mode_ = Mode::Command;
    if (envelope_.rcpt_to.empty()) {
        chunked_ = !last_chunk_;
        say(503, "5.5.1", "no valid recipients");
    } else if (last_chunk_) {
        message_ended();
    } else {
        say(250, "2.0.0", "chunk taken");
    }
}

// Into the message, looking at every line end, also across pieces.
void SmtpServer::add_bytes(std::string_view bytes) {
    if (message_.size() + bytes.size() > config_.message_bytes_max) {
        verdict_ = Verdict::TooBig;
    }
    for (const char c : bytes) {
        if ((last_byte_ == '\r') != (c == '\n') || c == '\0') {
            verdict_ = verdict_ == Verdict::Good ? Verdict::BareLineEnd : verdict_;
        }
        last_byte_ = c;
    }
    if (verdict_ == Verdict::Good) {
        message_ += bytes;
    }
}

void SmtpServer::message_ended() {
    mode_ = Mode::Command;
    if (verdict_ == Verdict::Good && last_byte_ != '\n' && !message_.empty()) {
        verdict_ = Verdict::BareLineEnd;
    }
    switch (verdict_) {
        case Verdict::Good:
            step_ = Step::Deliver;
            return;
        case Verdict::TooBig:
            refuse(552, "5.3.4", "the message is too big");
            return reset_transaction();
        case Verdict::BareLineEnd:
            return end_session(554, "5.6.0", "the message has a bare CR, a bare LF or a NUL");
    }
}

void SmtpServer::answer(const Reply& reply) {
    CHECK(step_ == Step::Deliver);
    step_ = Step::Run;
    append_reply(output_, reply);
    reset_transaction();
    if (reply.code == 421) {
        step_ = Step::Close;
        input_.clear();
        return;
    }
    process();
}

}  // namespace tocsin::mail
