// Sink: an SMTP server that takes mail as fast as it can and keeps nothing. For load tests.
//
// It measures senders, so it must cost as little as possible: epoll, one big read, replies of a
// whole pipelined group in one write, bodies skipped by count (BDAT) or by line end (DATA). It
// believes its sender and checks nothing; never expose it to strangers.
//
// Owner: the caller; the threads end with stop() or the destructor. Thread: start, stop and
// destroy on one thread; counters from any. For faults and a durable record: recording_sink.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace tocsin::app {

struct SinkOptions {
    enum class Chunking { Offered, NotOffered };

    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: the system chooses
    std::size_t threads = 1;
    Chunking chunking = Chunking::Offered;
};

class Sink {
  public:
    static Result<std::unique_ptr<Sink>> start(const SinkOptions& options);
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    void stop();
    std::uint16_t port() const;
    std::uint64_t messages() const;
    std::uint64_t bytes() const;  // of messages
    std::uint64_t connections() const;

  private:
    class Impl;
    explicit Sink(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::app
