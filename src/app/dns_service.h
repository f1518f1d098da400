// DnsService: the resolver that delivery straight to the recipients' servers needs, with the thread
// that works for it.
//
// Owner: Service; it must outlive the engine's threads, and the engine it (destroyed before the
// engine, whose sessions' coroutines may wait here). Thread: any, as MxResolver. Failure: Invalid
// if the DNS server named is no address or the system's resolvers cannot be read.
#pragma once

#include <memory>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "net/mx_resolver.h"

namespace tocsin::app {

class DnsService {
  public:
    static Result<std::unique_ptr<DnsService>> start(const Clock& clock, net::DnsOptions options);
    ~DnsService();
    DnsService(const DnsService&) = delete;
    DnsService& operator=(const DnsService&) = delete;

    net::MxResolver& resolver() { return *resolver_; }

  private:
    DnsService();

    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<net::MxResolver> resolver_;
    std::thread thread_;
};

}  // namespace tocsin::app
