// Reads any bytes as replies of an SMTP server, whole and byte by byte. For the fuzz target and its
// replay in the tests. Both must give the same, and an answer that is printed is one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mail/smtp_reply.h"

namespace tocsin::mail {

inline void play_smtp_replies(std::string_view input) {
    using Step = ReplyParser::Step;
    std::vector<std::string> whole;
    ReplyParser parser;
    std::string_view left = input;
    Step last = Step::NeedMore;
    while (!left.empty() && (last = parser.feed(left)) == Step::Complete) {
        whole.push_back(to_line(parser.reply()));
        CHECK(whole.back().find('\n') == std::string::npos);
    }
    std::size_t count = 0;
    ReplyParser pieces;
    for (const char c : input) {
        std::string_view one(&c, 1);
        const Step step = pieces.feed(one);
        if (step == Step::Broken) {
            CHECK(last == Step::Broken);
            break;
        }
        if (step == Step::Complete) {
            CHECK(count < whole.size() && whole[count] == to_line(pieces.reply()));
            ++count;
        }
    }
    CHECK(count == whole.size());
}

}  // namespace tocsin::mail
