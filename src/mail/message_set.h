// MessageSet: one alert's frozen message in each language that its readers may have: the newsroom's
// words are the same in all of them, what stands around them is the reader's.
//
//   encoded = a message as MessageTemplate::encode() wrote it (one language, whichever it is), or
//             "tocsin-messages-1\n", then for each: language "\n" length "\n" and that many bytes
//
// Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/message.h"

namespace tocsin::mail {

class MessageSet {
  public:
    // (language, message) pairs, at least one; the first is for readers of other languages.
    explicit MessageSet(std::vector<std::pair<std::string, MessageTemplate>> messages);

    std::string encode() const;
    // Corrupt if the bytes are not exactly what encode() wrote.
    static Result<MessageSet> decode(std::string_view bytes);
    MessageSet dated(Time date) const;

    // Which message a reader gets: of "de-AT" that in German.
    std::size_t index_for(std::string_view language) const;
    const MessageTemplate& at(std::size_t index) const { return messages_.at(index).second; }
    // What all have in common is the first one's: the domain of Message-IDs, about how long it is.
    const MessageTemplate& first() const { return messages_.front().second; }
    std::size_t size() const { return messages_.size(); }

  private:
    std::vector<std::pair<std::string, MessageTemplate>> messages_;
};

}  // namespace tocsin::mail
