// DnsQuestions: a DnsSource for coroutines, with so many questions at once and no more.
//
// Owner: MxResolver (shared with its coroutines). Thread: the io_context's. Failure: as
// DnsSource's; after close() nothing is asked, and what was asked stays unanswered.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/task.h"
#include "net/dns.h"

namespace tocsin::net {

// A question that has been asked.
class DnsQuestion {
  public:
    explicit DnsQuestion(boost::asio::io_context& io)
        : done_(io, boost::asio::steady_timer::time_point::max()) {}
    // For one who waits.
    Task<DnsAnswer> answer();
    void settle(DnsAnswer answer);

  private:
    boost::asio::steady_timer done_;
    std::optional<DnsAnswer> answer_;
};

class DnsQuestions : public std::enable_shared_from_this<DnsQuestions> {
  public:
    DnsQuestions(boost::asio::io_context& io, std::unique_ptr<DnsSource> source,
                 std::size_t at_once)
        : io_(io), source_(std::move(source)), at_once_(at_once) {}

    // Waits for a place, then asks.
    Task<std::shared_ptr<DnsQuestion>> ask(std::string name, DnsType type);
    void close() { source_.reset(); }
    std::uint64_t asked() const { return asked_; }  // any thread

  private:
    void free_place();

    boost::asio::io_context& io_;
    std::unique_ptr<DnsSource> source_;
    const std::size_t at_once_;
    std::size_t asking_ = 0;
    std::deque<std::shared_ptr<boost::asio::steady_timer>> queue_;  // who waits for a place
    std::atomic<std::uint64_t> asked_ = 0;
};

}  // namespace tocsin::net
