#include "web/inbox_store.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bytes.h"

namespace tocsin::web {

namespace asio = boost::asio;

const mail::ParsedMail& InboxMessage::parsed() const {
    if (!parsed_) {
        auto result = mail::parse_mail(raw);
        parsed_ = result ? std::move(*result) : mail::ParsedMail();
        if (!result) {
            parsed_->subject = "(not a mail: " + result.error().message() + ")";
        }
    }
    return *parsed_;
}

bool InboxMessage::is_to(std::string_view address) const {
    return address.empty() ||
           std::any_of(envelope.rcpt_to.begin(), envelope.rcpt_to.end(),
                       [address](const std::string& to) { return ascii_iequals(to, address); });
}

InboxStore::InboxStore(const Clock& clock, mail::DkimLookup keys, Limits limits)
    : clock_(clock), keys_(std::move(keys)), limits_(limits) {}

std::uint64_t InboxStore::add(mail::SmtpEnvelope envelope, std::string raw) {
    auto message = std::make_shared<InboxMessage>();
    message->id = next_id_++;
    message->received = clock_.now();
    message->envelope = std::move(envelope);
    message->raw = std::move(raw);
    bytes_ += message->raw.size();
    messages_.push_back(std::move(message));
    while (messages_.size() > limits_.messages_max || bytes_ > limits_.bytes_max) {
        bytes_ -= messages_.front()->raw.size();
        messages_.pop_front();
        ++forgotten_;
    }
    tell();
    return newest();
}

std::vector<InboxMessagePtr> InboxStore::list(const Query& query) const {
    std::vector<InboxMessagePtr> out;
    for (auto it = messages_.rbegin(); it != messages_.rend() && out.size() < query.limit; ++it) {
        const InboxMessage& message = **it;
        if (message.id <= query.after) {
            break;
        }
        if ((query.before == 0 || message.id < query.before) && message.is_to(query.to)) {
            out.push_back(*it);
        }
    }
    return out;
}

InboxMessagePtr InboxStore::find(std::uint64_t id) const {
    const auto found = std::lower_bound(
        messages_.begin(), messages_.end(), id,
        [](const InboxMessagePtr& message, std::uint64_t wanted) { return message->id < wanted; });
    return found != messages_.end() && (*found)->id == id ? *found : nullptr;
}

void InboxStore::clear() {
    messages_.clear();
    bytes_ = 0;
    tell();
}

std::vector<mail::DkimVerdict> InboxStore::verdicts(const InboxMessage& message) const {
    return mail::dkim_verify(message.raw, keys_, clock_.now());
}

void InboxStore::tell() {
    for (asio::steady_timer* timer : waiting_) {
        timer->cancel();
    }
}

Task<void> InboxStore::changed(Milliseconds limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    // Leaves the list also where the coroutine is destroyed while it waits.
    struct Place {
        std::list<asio::steady_timer*>& list;
        std::list<asio::steady_timer*>::iterator at;
        ~Place() { list.erase(at); }
    };
    const Place place{waiting_, waiting_.insert(waiting_.end(), &timer)};
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace tocsin::web
