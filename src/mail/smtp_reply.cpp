#include "mail/smtp_reply.h"

#include "base/limits.h"

namespace tocsin::mail {
namespace {

constexpr std::size_t kTextBytesMax = 16 * 1024;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The length of an enhanced status code of this class at the front of the text, 0 if there is none.
std::size_t enhanced_length(std::string_view text, char status_class) {
    if (text.size() < 5 || text[0] != status_class || text[1] != '.' ||
        (status_class != '2' && status_class != '4' && status_class != '5')) {
        return 0;
    }
    std::size_t at = 2;
    for (const bool last : {false, true}) {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) {
            ++at;
        }
        if (at == begin || at - begin > 3) {
            return 0;
        }
        if (!last) {
            if (at == text.size() || text[at] != '.') {
                return 0;
            }
            ++at;
        }
    }
    return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

std::string to_line(const Reply& reply) {
    std::string line = std::to_string(reply.code);
    if (!reply.enhanced.empty()) {
        line += ' ';
        line += reply.enhanced;
    }
    if (!reply.text.empty()) {
        line += ' ';
        for (const char c : reply.text) {
            const auto byte = static_cast<unsigned char>(c);
            line += byte < 0x20 || byte == 0x7f ? ' ' : c;
        }
    }
    return line;
}

ReplyParser::Step ReplyParser::broken(std::string_view problem) {
    problem_ = problem;
    return Step::Broken;
}

void ReplyParser::reset() {
    line_.clear();
    lines_ = 0;
    complete_ = false;
    problem_ = {};
}

ReplyParser::Step ReplyParser::feed(std::string_view& bytes) {
    if (!problem_.empty()) {
        return Step::Broken;
    }
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::size_t length = end == std::string_view::npos ? bytes.size() : end + 1;
        if (line_.size() + length > limits::kSmtpReplyLineBytesMax) {
            return broken("a reply line is too long");
        }
        const std::string_view piece = bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (end == std::string_view::npos) {
            line_ += piece;
            return Step::NeedMore;
        }
        Step step = Step::NeedMore;
        if (line_.empty()) {
            step = take_line(piece);  // the usual case: no copy
        } else {
            line_ += piece;
            step = take_line(line_);
            line_.clear();
        }
        if (step != Step::NeedMore) {
            return step;
        }
    }
    return Step::NeedMore;
}

// One line with its LF. The text is kept up to kTextBytesMax.
ReplyParser::Step ReplyParser::take_line(std::string_view line) {
    if (line.size() < 2 || line[line.size() - 2] != '\r') {
        return broken("a reply line does not end in CRLF");
    }
    line.remove_suffix(2);
    if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
        return broken("a reply line holds a bare CR or a NUL");
    }
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
        !is_digit(line[2]) || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) {
        return broken("a reply does not begin with a status code");
    }
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (complete_) {
        complete_ = false;
        lines_ = 0;
    }
    if (lines_ == 0) {
        reply_.code = code;
        reply_.enhanced.clear();
        reply_.text.clear();
    } else if (code != reply_.code) {
        return broken("the lines of a reply have different status codes");
    }
    if (++lines_ > limits::kSmtpReplyLinesMax) {
        return broken("a reply has too many lines");
    }
    std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
    if (const std::size_t length = enhanced_length(text, line[0]); length > 0) {
        if (reply_.enhanced.empty()) {
            reply_.enhanced = text.substr(0, length);
        }
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    if (lines_ > 1 && reply_.text.size() < kTextBytesMax) {
        reply_.text += '\n';
    }
    reply_.text += text.substr(0, kTextBytesMax - std::min(kTextBytesMax, reply_.text.size()));
    if (line.size() > 3 && line[3] == '-') {
        return Step::NeedMore;
    }
    complete_ = true;
    return Step::Complete;
}

}  // namespace tocsin::mail
