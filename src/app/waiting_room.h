// WaitingRoom: what a service is while it cannot open its database.
//
// A machine that is started before its PostgreSQL, or during a failover, must neither die nor look
// ready: the listeners are there, /healthz is 200, /readyz 503 with the reason, everything else a
// kind page or problem document with 503 and Retry-After, and the database is tried every two
// seconds. Then the same listeners go on with the real handlers; no connection is refused between.
//
// Owner: Service. Thread: wait() runs the io_context on the calling thread, before anybody else
// does; the guarded handlers run there, and on the web's thread afterwards.
// Failure: Cancelled when asked to end. What is wrong is logged once, and again when it changes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/health.h"
#include "base/clock.h"
#include "base/result.h"
#include "mail/template.h"
#include "net/http.h"
#include "store/store.h"

namespace tocsin::app {

class WaitingRoom {
  public:
    using Opened = Result<std::unique_ptr<store::Store>>;

    WaitingRoom(const mail::Templates& templates, std::string site_name,
                Milliseconds try_every = Milliseconds(2'000))
        : templates_(templates), site_name_(std::move(site_name)), try_every_(try_every) {}
    WaitingRoom(const WaitingRoom&) = delete;
    WaitingRoom& operator=(const WaitingRoom&) = delete;

    // Answers by itself while wait() waits, else by `inner`.
    net::HttpHandler guard(net::HttpHandler inner, HealthDetail detail);
    // Until `open` succeeds; `first` is why it did not before. A signal ends it.
    Opened wait(boost::asio::io_context& io, boost::asio::signal_set& signals,
                const std::function<Opened()>& open, Error first);

  private:
    net::HttpResponse answer(const net::HttpRequest& request, HealthDetail detail) const;
    net::HttpResponse page() const;
    void tell(const Error& reason);

    const mail::Templates& templates_;
    const std::string site_name_;
    const Milliseconds try_every_;
    std::atomic<bool> waiting_{false};
    std::string reason_;  // thread of wait()
};

}  // namespace tocsin::app
