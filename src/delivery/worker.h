// Worker: one thread that sends: its io_context, its shares of the alerts, its connections.
//
// Nothing is shared with other workers but what is thread-safe by itself (the store, the signing
// pool, an AlertRun's counts). Every 50 ms a tick looks at what time has made due; everything else
// is driven by what happens.
//
// Owner: the engine. Thread: post() and the getters marked so, any; the rest, its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "delivery/alert_share.h"
#include "delivery/outbox_share.h"
#include "delivery/outlets.h"
#include "delivery/recorder.h"
#include "delivery/route_table.h"
#include "delivery/worker_context.h"
#include "net/tls.h"

namespace tocsin::delivery {

// What the engine is told, on the worker's thread.
struct WorkerHooks {
    std::function<void(const Error&)> halt;
    std::function<void(AlertId)> all_done;
    std::function<bool()> halted;  // any thread
    std::function<void()> tick;    // every 50 ms; may be null
};

// What a worker has for a route; any thread may have a copy.
struct OutletStatus {
    std::shared_ptr<Route> route;
    std::size_t sessions = 0;  // ready to send
    std::size_t waiting = 0;   // messages, composed or not
};

class Worker final : public MailSource {
  public:
    struct Parts {
        store::Store& store;
        const Clock& clock;
        std::shared_ptr<const mail::KeyRing> ring;
        const EngineOptions& options;
        SigningPool& pool;
        const Exclusions& exclusions;
        RouteTable& routes;
        LeaseKeeper& leases;
    };
    enum class Outbox { No, Yes };
    Worker(const Parts& parts, Outbox outbox, WorkerHooks hooks);
    ~Worker() override;

    void start();
    // --- any thread ---
    template <class Fn>
    void post(Fn fn) {
        mailbox_->post(std::move(fn));
    }
    const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
    // What it has for each route.
    std::vector<OutletStatus> outlets() const;
    // After begin_shutdown(): no session is left and everything is durable.
    bool quiet() const { return quiet_.load(); }
    // Ends the thread at once. Idempotent.
    void stop();

    // --- its own thread ---
    void begin(const std::shared_ptr<AlertRun>& run);
    void pump(AlertId alert);
    void on_leases_lost(const std::vector<store::PartitionKey>& keys);
    void forget(AlertId alert);  // it is finished: its share goes when it is done
    void call_off_digests();
    void outbox_ready();
    void route_anew();  // the rules have changed
    void read_anew();   // readers may have left unheard
    void warm(const std::vector<std::string>& domains);
    void begin_shutdown();

    // --- MailSource ---
    std::size_t mail_ready(OutletId outlet) const override;
    std::size_t mail_coming(OutletId outlet) const override;
    bool may_send() override;
    std::optional<net::OutgoingMessage> take_mail(OutletId outlet) override;
    void on_outlet_open(OutletId outlet) override;
    bool mail_wanted(std::uint64_t tag) override;
    void on_mail_outcome(const net::SmtpOutcome& outcome) override;
    void on_mail_spent(net::OutgoingMessage&& message) override;

  private:
    OutboxShare::Alerts alerts() const;
    void tick();
    static Task<void> warm_domain(Worker* self, std::string domain);
    void give_turns();
    void update_status();
    AlertShare* share_of(AlertId alert);
    AlertShare* share_of(std::uint64_t tag);

    WorkerHooks hooks_;
    const Clock& clock_;
    store::Store& store_;
    LeaseKeeper& leases_;

    std::vector<std::pair<std::uint64_t, std::unique_ptr<AlertShare>>> shares_;  // by lane, release
    std::vector<AlertId> finished_;  // whose shares go as soon as nothing of them is under way
    std::unique_ptr<OutboxShare> outbox_;
    std::uint64_t next_source_ = 1;  // upper bits of the tags; 0 is the outbox
    bool shutting_down_ = false;
    std::atomic<bool> quiet_{false};

    mutable std::mutex status_mutex_;
    std::vector<OutletStatus> status_;
    SteadyTime status_at_{};

    // The destructor says in which order these go.
    std::unique_ptr<boost::asio::io_context> io_;
    std::shared_ptr<Mailbox> mailbox_;
    std::unique_ptr<boost::asio::steady_timer> timer_;
    std::unique_ptr<Recorder> recorder_;
    RouteTable& routes_;
    Gate gate_;
    net::TlsClients tls_;
    SecureRandom random_;
    std::optional<net::MxSessions> mx_;
    std::unique_ptr<Outlets> outlets_;
    std::unique_ptr<WorkerContext> context_;
    std::thread thread_;
};

}  // namespace tocsin::delivery
