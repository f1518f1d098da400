#include "mail/message_set.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace tocsin::mail {

namespace {

constexpr std::string_view kMagic = "tocsin-messages-1\n";
constexpr std::size_t kLanguageBytesMax = 35;

Error damaged() {
    return Error(ErrorKind::Corrupt, "the frozen message is damaged");
}

// What stands before the next line end, which is taken off too; nothing: there is none.
bool take_line(std::string_view& bytes, std::string_view& line) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos || end > kLanguageBytesMax) {
        return false;
    }
    line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return true;
}

}  // namespace

MessageSet::MessageSet(std::vector<std::pair<std::string, MessageTemplate>> messages)
    : messages_(std::move(messages)) {
    CHECK(!messages_.empty());
}

std::string MessageSet::encode() const {
    if (messages_.size() == 1) {
        return first().encode();
    }
    std::string out(kMagic);
    for (const auto& [language, message] : messages_) {
        const std::string bytes = message.encode();
        out += language + "\n" + std::to_string(bytes.size()) + "\n" + bytes;
    }
    return out;
}

Result<MessageSet> MessageSet::decode(std::string_view bytes) {
    std::vector<std::pair<std::string, MessageTemplate>> messages;
    if (!bytes.starts_with(kMagic)) {
        TRY_AS(MessageTemplate only, MessageTemplate::decode(bytes));
        messages.emplace_back("", std::move(only));
        return MessageSet(std::move(messages));
    }
    std::string_view rest = bytes.substr(kMagic.size());
    while (!rest.empty()) {
        std::string_view language;
        std::string_view number;
        std::size_t length = 0;
        if (!take_line(rest, language) || !take_line(rest, number)) {
            return damaged();
        }
        const char* end = number.data() + number.size();
        const auto [read, error] = std::from_chars(number.data(), end, length);
        if (error != std::errc() || read != end || length > rest.size()) {
            return damaged();
        }
        TRY_AS(MessageTemplate message, MessageTemplate::decode(rest.substr(0, length)));
        messages.emplace_back(std::string(language), std::move(message));
        rest.remove_prefix(length);
    }
    if (messages.size() < 2) {
        return damaged();
    }
    MessageSet set(std::move(messages));
    return set.encode() == bytes ? Result<MessageSet>(std::move(set)) : damaged();
}

MessageSet MessageSet::dated(Time date) const {
    std::vector<std::pair<std::string, MessageTemplate>> messages;
    for (const auto& [language, message] : messages_) {
        messages.emplace_back(language, message.dated(date));
    }
    return MessageSet(std::move(messages));
}

std::size_t MessageSet::index_for(std::string_view language) const {
    const std::string_view primary = language.substr(0, language.find('-'));
    for (const std::string_view wanted : {language, primary}) {
        for (std::size_t i = 0; i < messages_.size(); ++i) {
            if (messages_[i].first == wanted) {
                return i;
            }
        }
    }
    return 0;
}

}  // namespace tocsin::mail
