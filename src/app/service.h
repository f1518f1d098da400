// Service: every part of Tocsin, made, wired and started in the one order that works, and ended in
// the reverse.
//
// This is the only place where modules meet: audience, alerts and delivery know nothing of each
// other; what one must tell another goes through the hooks set here.
//
// Thread: start() and the destructor on one thread; in between the web runs on a thread of its own
// (which also runs the sign-up, desk and API coroutines), the store on its own, delivery on its
// workers. Failure: start() returns the first thing that does not work, as one line; nothing is
// left running then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"

namespace tocsin::alerts {
class Alerts;
}
namespace tocsin::audience {
class Audience;
}

namespace tocsin::app {

enum class ServiceMode {
    Serve,  // public pages and the desk on their own listeners
    Dev,    // throw-away: newspaper, pages, desk and inbox on one address; invented readers
};

struct ServiceAddresses {
    std::string public_url;  // where the public pages answer on this machine
    std::string desk_url;
    std::string inbox_url;  // empty without the built-in inbox
};

class Service {
  public:
    static Result<std::unique_ptr<Service>> start(const Config& config, ServiceMode mode);
    // Stops: no new connections, final dots awaited, everything committed.
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    const ServiceAddresses& addresses() const;
    // Blocks until SIGINT or SIGTERM. Logs why it ends.
    void wait_for_signal();

  private:
    class Impl;
    explicit Service(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::app
