// InboxStore: the mail that the built-in inbox has taken, in memory, oldest forgotten first.
//
// For `tocsin dev` and `serve --dev-inbox`: seeing what readers would get, without a mail server.
// Nothing is written to disk; a restart empties it. Taking a message in costs a copy; parsing and
// checking its signature wait until somebody looks.
//
// Owner: app. Thread: one (the web's io thread, where the SMTP listener runs too).
// Full: above messages_max or bytes_max the oldest go.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "mail/dkim.h"
#include "mail/mime_reader.h"
#include "mail/smtp_server.h"

namespace tocsin::web {

struct InboxMessage {
    std::uint64_t id = 0;
    Time received;
    mail::SmtpEnvelope envelope;
    std::string raw;

    // Parsed at the first look; empty fields if the bytes are no mail.
    const mail::ParsedMail& parsed() const;
    // True if it was sent to this address (any case); an empty address matches all.
    bool is_to(std::string_view address) const;

  private:
    mutable std::optional<mail::ParsedMail> parsed_;
};

using InboxMessagePtr = std::shared_ptr<const InboxMessage>;

class InboxStore {
  public:
    struct Limits {
        std::size_t messages_max = 10'000;
        std::size_t bytes_max = 256 * 1024 * 1024;
    };
    // Which messages to list: newest first.
    struct Query {
        std::string to;            // empty: all
        std::uint64_t before = 0;  // only ids below; 0: from the newest
        std::uint64_t after = 0;   // only ids above
        std::size_t limit = 50;
    };

    InboxStore(const Clock& clock, mail::DkimLookup keys, Limits limits);
    InboxStore(const Clock& clock, mail::DkimLookup keys)
        : InboxStore(clock, std::move(keys), Limits()) {}

    std::uint64_t add(mail::SmtpEnvelope envelope, std::string raw);
    std::vector<InboxMessagePtr> list(const Query& query) const;
    InboxMessagePtr find(std::uint64_t id) const;  // null: unknown or forgotten
    void clear();

    std::size_t size() const { return messages_.size(); }
    std::uint64_t newest() const { return next_id_ - 1; }  // the last id given; 0: none yet
    std::uint64_t forgotten() const { return forgotten_; }

    // The signatures of a message, judged now.
    std::vector<mail::DkimVerdict> verdicts(const InboxMessage& message) const;
    // Ends when something was added or cleared, or after the time.
    Task<void> changed(Milliseconds limit);

  private:
    void tell();

    const Clock& clock_;
    mail::DkimLookup keys_;
    Limits limits_;
    std::deque<InboxMessagePtr> messages_;  // ids rise
    std::size_t bytes_ = 0;
    std::uint64_t next_id_ = 1;
    std::uint64_t forgotten_ = 0;
    std::list<boost::asio::steady_timer*> waiting_;
};

}  // namespace tocsin::web
