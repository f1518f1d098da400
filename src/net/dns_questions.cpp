#include "net/dns_questions.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tocsin::net {

namespace asio = boost::asio;

Task<DnsAnswer> DnsQuestion::answer() {
    if (!answer_) {
        boost::system::error_code ignored;
        co_await done_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return answer_.value_or(DnsAnswer{});
}

void DnsQuestion::settle(DnsAnswer answer) {
    answer_ = std::move(answer);
    done_.cancel();
}

Task<std::shared_ptr<DnsQuestion>> DnsQuestions::ask(std::string name, DnsType type) {
    if (asking_ >= at_once_) {
        const auto turn =
            std::make_shared<asio::steady_timer>(io_, asio::steady_timer::time_point::max());
        queue_.push_back(turn);
        boost::system::error_code ignored;
        co_await turn->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    } else {
        ++asking_;
    }
    const auto question = std::make_shared<DnsQuestion>(io_);
    if (!source_) {
        question->settle({});
        co_return question;
    }
    ++asked_;
    auto on_answer = [weak = weak_from_this(), question](DnsAnswer answer) {
        question->settle(std::move(answer));
        // A place is free when the answer is here, whoever still waits for it: one coroutine may
        // hold two places.
        if (const auto self = weak.lock()) {
            self->free_place();
        }
    };
    source_->ask(name, type, std::move(on_answer));
    co_return question;
}

// The place goes to the next in the queue, or is free.
void DnsQuestions::free_place() {
    if (queue_.empty()) {
        --asking_;
        return;
    }
    queue_.front()->cancel();
    queue_.pop_front();
}

}  // namespace tocsin::net
