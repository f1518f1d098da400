// Inside the recording sink: what its connections share, and one connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>

#include "app/record_log.h"
#include "app/recording_sink.h"
#include "net/smtp_stream.h"

namespace tocsin::app {

struct RecordingSink::State {
    State(Executor executor_, const Clock& clock_, RecordingSinkOptions options_)
        : executor(std::move(executor_)),
          clock(clock_),
          options(std::move(options_)),
          acceptor(executor) {}

    Executor executor;
    const Clock& clock;
    RecordingSinkOptions options;
    boost::asio::ip::tcp::acceptor acceptor;
    std::unique_ptr<RecordLog> log;
    std::shared_ptr<const net::TlsServer> tls;
    std::unordered_set<net::SmtpStream*> streams;
    std::unordered_set<std::string> greylisted;
    std::unordered_map<std::string, std::size_t> cut;  // how often, by recipient
    std::uint64_t connections = 0;
    std::uint64_t recorded = 0;
    std::uint64_t faults = 0;
    bool stopped = false;
};

// One connection, to its end.
Task<void> serve_sink_connection(std::shared_ptr<RecordingSink::State> state,
                                 boost::asio::ip::tcp::socket socket);

}  // namespace tocsin::app
