// The commands. smtp_server_message.cpp takes the messages in.
#include "mail/smtp_server.h"

#include <charconv>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crypto.h"
#include "mail/smtp_message.h"

namespace tocsin::mail {
namespace {

constexpr std::size_t kCommandBytesMax = 2'048;

std::string_view cut_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

// "FROM:<path> rest" -> path; nullopt if it is not of that form.
std::optional<std::string_view> cut_path(std::string_view& argument, std::string_view keyword) {
    if (argument.size() < keyword.size() ||
        !ascii_iequals(argument.substr(0, keyword.size()), keyword)) {
        return std::nullopt;
    }
    std::string_view rest = argument.substr(keyword.size());
    const std::size_t end = rest.find('>');
    if (!rest.starts_with('<') || end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view path = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ' ') {
        return std::nullopt;
    }
    argument = trim(rest);
    return path;
}

bool is_mailbox(std::string_view path) {
    const std::size_t at = path.rfind('@');
    return is_safe_path(path) && is_utf8(path) && at != std::string_view::npos && at > 0 &&
           at + 1 < path.size();
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void append_reply(std::string& out, const Reply& reply) {
    std::string_view text = reply.text;
    while (true) {
        const std::size_t end = text.find('\n');
        out += std::to_string(reply.code);
        out += end == std::string_view::npos ? ' ' : '-';
        if (!reply.enhanced.empty()) {
            out += reply.enhanced;
            out += ' ';
        }
        out += text.substr(0, end);
        out += "\r\n";
        if (end == std::string_view::npos) {
            return;
        }
        text.remove_prefix(end + 1);
    }
}

SmtpServer::SmtpServer(SmtpServerConfig config, Channel channel)
    : config_(std::move(config)), tls_(channel == Channel::Tls) {
    say(220, "", config_.host + " ESMTP Tocsin");
}

// --- answers ---

void SmtpServer::say(int code, std::string_view enhanced, std::string_view text) {
    append_reply(output_, Reply{code, std::string(enhanced), std::string(text)});
}

void SmtpServer::refuse(int code, std::string_view enhanced, std::string_view text) {
    if (++errors_ >= config_.errors_max) {
        return end_session(421, "4.7.0", "too many errors");
    }
    say(code, enhanced, text);
}

void SmtpServer::end_session(int code, std::string_view enhanced, std::string_view text) {
    say(code, enhanced, text);
    step_ = Step::Close;
    input_.clear();
    at_ = 0;
}

void SmtpServer::shut(std::string_view reason) {
    if (step_ != Step::Close) {
        end_session(421, "4.3.2", reason);
    }
}

bool SmtpServer::refused(SmtpServerConfig::Point point, std::string_view argument) {
    const auto reply = config_.refusal ? config_.refusal(point, envelope_, argument) : std::nullopt;
    if (!reply) {
        return false;
    }
    if (reply->code == 421) {
        end_session(reply->code, reply->enhanced, reply->text);
    } else {
        append_reply(output_, *reply);
    }
    return true;
}

bool SmtpServer::pipelined_too_far() {
    if (rest().empty()) {
        return false;
    }
    end_session(554, "5.5.0", "more was sent before this command was answered");
    return true;
}

// --- input ---

void SmtpServer::receive(std::string_view bytes) {
    if (step_ == Step::Close) {
        return;
    }
    input_ += bytes;
    process();
}

void SmtpServer::process() {
    while (step_ == Step::Run && at_ < input_.size()) {
        if (mode_ == Mode::Data) {
            if (!take_data()) {
                break;
            }
            continue;
        }
        if (mode_ == Mode::Chunk) {
            take_chunk();
            continue;
        }
        std::string_view line;
        if (!take_line(line)) {
            break;
        }
        if (mode_ == Mode::Command) {
            on_command(line);
        } else {
            on_line_of_auth(line);
        }
    }
    input_.erase(0, at_);
    at_ = 0;
}

// The next command line without its CRLF. The view holds until input_ changes.
bool SmtpServer::take_line(std::string_view& line) {
    const std::string_view bytes = rest();
    const std::size_t end = bytes.find('\n');
    if (std::min(end, bytes.size()) > kCommandBytesMax) {
        end_session(500, "5.5.2", "the line is too long");
        return false;
    }
    if (end == std::string_view::npos) {
        return false;
    }
    line = bytes.substr(0, end + 1);
    at_ += end + 1;
    if (!line.ends_with("\r\n") || line.find('\r') != line.size() - 2 ||
        line.find('\0') != std::string_view::npos) {
        end_session(500, "5.5.2", "lines end in CRLF and hold no CR, LF or NUL");
        return false;
    }
    line.remove_suffix(2);
    return true;
}

void SmtpServer::on_command(std::string_view line) {
    const std::string verb = ascii_lower(cut_word(line));
    const std::string_view argument = line;
    if (verb == "ehlo" || verb == "helo") {
        hello(argument, verb == "ehlo");
    } else if (verb == "mail") {
        mail(argument);
    } else if (verb == "rcpt") {
        rcpt(argument);
    } else if (verb == "data") {
        data(argument);
    } else if (verb == "bdat") {
        bdat(argument);
    } else if (verb == "rset") {
        reset_transaction();
        say(250, "2.0.0", "forgotten");
    } else if (verb == "noop") {
        say(250, "2.0.0", "here");
    } else if (verb == "quit") {
        end_session(221, "2.0.0", "bye");
    } else if (verb == "starttls") {
        starttls(argument);
    } else if (verb == "auth") {
        auth(argument);
    } else if (verb == "vrfy") {
        say(252, "2.5.0", "send a message and see");
    } else {
        refuse(500, "5.5.1", "unknown command");
    }
}

void SmtpServer::hello(std::string_view argument, bool extended) {
    if (pipelined_too_far()) {
        return;
    }
    if (argument.empty()) {
        return refuse(501, "5.5.4", "say who you are");
    }
    reset_transaction();
    greeted_ = true;
    envelope_.helo = argument;
    if (!extended) {
        return say(250, "", config_.host);
    }
    std::string text = config_.host;
    if (config_.pipelining == SmtpServerConfig::Pipelining::Offered) {
        text += "\nPIPELINING";
    }
    text += "\nSIZE " + std::to_string(config_.message_bytes_max) + "\n8BITMIME\nSMTPUTF8";
    if (config_.chunking == SmtpServerConfig::Chunking::Offered) {
        text += "\nCHUNKING";
    }
    if (config_.starttls != SmtpServerConfig::StartTls::NotOffered && !tls_) {
        text += "\nSTARTTLS";
    }
    if (config_.auth == SmtpServerConfig::Auth::Always ||
        (config_.auth == SmtpServerConfig::Auth::OverTls && tls_)) {
        text += "\nAUTH PLAIN LOGIN";
    }
    say(250, "", text + "\nENHANCEDSTATUSCODES");
}

// --- the envelope ---

void SmtpServer::mail(std::string_view argument) {
    if (!greeted_) {
        return refuse(503, "5.5.1", "say EHLO first");
    }
    if (config_.starttls == SmtpServerConfig::StartTls::Required && !tls_) {
        return refuse(530, "5.7.0", "say STARTTLS first");
    }
    if (config_.auth != SmtpServerConfig::Auth::NotOffered && envelope_.user.empty()) {
        return refuse(530, "5.7.0", "authentication required");
    }
    if (has_sender_) {
        return refuse(503, "5.5.1", "one sender only");
    }
    const auto path = cut_path(argument, "FROM:");
    if (!path) {
        return refuse(501, "5.5.4", "the form is MAIL FROM:<address>");
    }
    if (!mail_parameters(argument)) {
        return;
    }
    if (!path->empty() && (!is_mailbox(*path) || (!envelope_.smtputf8 && !is_ascii(*path)))) {
        envelope_.smtputf8 = false;
        return refuse(553, "5.1.7", "that is not an address");
    }
    if (refused(SmtpServerConfig::Point::Mail, *path)) {
        return;
    }
    has_sender_ = true;
    envelope_.mail_from = *path;
    say(250, "2.1.0", "ok");
}

bool SmtpServer::mail_parameters(std::string_view parameters) {
    bool smtputf8 = false;
    while (!parameters.empty()) {
        const std::string_view word = cut_word(parameters);
        const std::string_view name = word.substr(0, word.find('='));
        const std::string_view value = word.substr(std::min(word.size(), name.size() + 1));
        if (ascii_iequals(name, "SMTPUTF8") && value.empty()) {
            smtputf8 = true;
        } else if (ascii_iequals(name, "SIZE")) {
            std::uint64_t bytes = 0;
            const auto [end, error] = std::from_chars(value.begin(), value.end(), bytes);
            if (error != std::errc() || end != value.end()) {
                refuse(501, "5.5.4", "SIZE is a number");
                return false;
            }
            if (bytes > config_.message_bytes_max) {
                refuse(552, "5.3.4", "the message is too big");
                return false;
            }
        } else if (!ascii_iequals(word, "BODY=7BIT") && !ascii_iequals(word, "BODY=8BITMIME")) {
            refuse(555, "5.5.4", "unknown parameter");
            return false;
        }
    }
    envelope_.smtputf8 = smtputf8;
    return true;
}

void SmtpServer::rcpt(std::string_view argument) {
    if (!has_sender_) {
        return refuse(503, "5.5.1", "say MAIL first");
    }
    const auto path = cut_path(argument, "TO:");
    if (!path) {
        return refuse(501, "5.5.4", "the form is RCPT TO:<address>");
    }
    if (!argument.empty()) {
        return refuse(555, "5.5.4", "unknown parameter");
    }
    if (!is_mailbox(*path) || (!envelope_.smtputf8 && !is_ascii(*path))) {
        return refuse(553, "5.1.3", "that is not an address");
    }
    if (envelope_.rcpt_to.size() >= config_.recipients_max) {
        return refuse(452, "4.5.3", "too many recipients");
    }
    if (refused(SmtpServerConfig::Point::Rcpt, *path)) {
        return;
    }
    envelope_.rcpt_to.emplace_back(*path);
    say(250, "2.1.5", "ok");
}

void SmtpServer::reset_transaction() {
    has_sender_ = false;
    chunked_ = false;
    last_chunk_ = false;
    verdict_ = Verdict::Good;
    last_byte_ = 0;
    envelope_.mail_from.clear();
    envelope_.rcpt_to.clear();
    envelope_.smtputf8 = false;
    message_.clear();
    mode_ = Mode::Command;
}

// --- TLS and AUTH ---

void SmtpServer::starttls(std::string_view argument) {
    if (config_.starttls == SmtpServerConfig::StartTls::NotOffered || tls_) {
        return refuse(502, "5.5.1", "no STARTTLS here");
    }
    if (!argument.empty()) {
        return refuse(501, "5.5.4", "STARTTLS takes no argument");
    }
    if (pipelined_too_far()) {
        return;
    }
    if (refused(SmtpServerConfig::Point::StartTls, "")) {
        return;
    }
    say(220, "2.0.0", "go ahead");
    step_ = Step::UpgradeTls;
}

void SmtpServer::tls_established() {
    CHECK(step_ == Step::UpgradeTls);
    step_ = Step::Run;
    tls_ = true;
    greeted_ = false;  // RFC 3207 section 4.2: as if nothing had been said
    reset_transaction();
    envelope_ = SmtpEnvelope();
    envelope_.tls = true;
    input_.clear();
}

void SmtpServer::auth(std::string_view argument) {
    const bool offered = config_.auth == SmtpServerConfig::Auth::Always ||
                         (config_.auth == SmtpServerConfig::Auth::OverTls && tls_);
    if (!offered || !greeted_ || has_sender_ || !envelope_.user.empty()) {
        return refuse(503, "5.5.1", "no AUTH here and now");
    }
    if (pipelined_too_far()) {
        return;
    }
    const std::string_view mechanism = cut_word(argument);
    if (ascii_iequals(mechanism, "PLAIN")) {
        mode_ = Mode::AuthPlain;
    } else if (ascii_iequals(mechanism, "LOGIN")) {
        mode_ = Mode::AuthLoginUser;
    } else {
        return refuse(504, "5.5.4", "AUTH PLAIN or AUTH LOGIN");
    }
    if (!argument.empty()) {
        return on_line_of_auth(argument);
    }
    say(334, "", mode_ == Mode::AuthPlain ? "" : "VXNlcm5hbWU6");
}

void SmtpServer::on_line_of_auth(std::string_view line) {
    const Mode mode = std::exchange(mode_, Mode::Command);
    const auto secret = base64_decode(line);
    if (line == "*" || !secret) {
        return refuse(501, "5.5.2", line == "*" ? "as you wish" : "that is not base64");
    }
    if (mode == Mode::AuthLoginUser) {
        auth_user_ = *secret;
        mode_ = Mode::AuthLoginPassword;
        return say(334, "", "UGFzc3dvcmQ6");
    }
    if (mode == Mode::AuthLoginPassword) {
        return check_password(auth_user_, *secret);
    }
    const std::size_t first = secret->find('\0');
    const std::size_t second = first == std::string::npos ? first : secret->find('\0', first + 1);
    if (second == std::string::npos) {
        return refuse(501, "5.5.2", "that is not AUTH PLAIN");
    }
    check_password(std::string_view(*secret).substr(first + 1, second - first - 1),
                   std::string_view(*secret).substr(second + 1));
}

void SmtpServer::check_password(std::string_view user, std::string_view password) {
    const bool same = constant_time_equal(user, config_.user) &&
                      constant_time_equal(password, config_.password) && !config_.user.empty();
    if (!same) {
        return refuse(535, "5.7.8", "wrong user or password");
    }
    envelope_.user = user;
    say(235, "2.7.0", "welcome");
}

}  // namespace tocsin::mail
