#include "app/dns_service.h"

namespace tocsin::app {

DnsService::DnsService() : work_(boost::asio::make_work_guard(io_)) {}

Result<std::unique_ptr<DnsService>> DnsService::start(const Clock& clock, net::DnsOptions options) {
    std::unique_ptr<DnsService> service(new DnsService());
    TRY_AS(service->resolver_, net::MxResolver::start(service->io_, clock, std::move(options)));
    service->thread_ = std::thread([io = &service->io_] { io->run(); });
    return service;
}

DnsService::~DnsService() {
    io_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    resolver_.reset();
}

}  // namespace tocsin::app
