#include "app/service.h"

#include <csignal>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "alerts/alerts.h"
#include "app/backup_service.h"
#include "app/checkpoint_folder.h"
#include "app/delivery_hooks.h"
#include "app/dev_site.h"
#include "app/dns_service.h"
#include "app/health.h"
#include "app/inbox_service.h"
#include "app/node_service.h"
#include "app/node_signals.h"
#include "app/secrets.h"
#include "app/service_settings.h"
#include "app/shaping_file.h"
#include "app/signup_service.h"
#include "app/waiting_room.h"
#include "audience/audience.h"
#include "base/log.h"
#include "delivery/audience_snapshot.h"
#include "delivery/engine.h"
#include "delivery/prepared_audience.h"
#include "mail/dkim.h"
#include "net/http_server.h"
#include "store/copy.h"
#include "store/postgres_url.h"
#include "store/store.h"
#include "web/auth.h"
#include "web/desk.h"
#include "web/newspaper.h"
#include "web/page.h"
#include "web/reader_pages.h"
#include "web/static_files.h"

namespace tocsin::app {

namespace {

// How long shutdown waits for requests that are being answered, and for final dots.
constexpr std::chrono::seconds kWebDrainTime{5};
constexpr std::chrono::seconds kDeliveryDrainTime{10};
// With MX delivery a draft opens connections to the servers of so many of the largest domains.
constexpr std::size_t kPrewarmedDomains = 20;
// How often what has outlived its purpose is forgotten.
constexpr std::chrono::hours kTidyTime{1};
constexpr Seconds kDigestTime{15};

delivery::FreezeRequest freeze_request(const alerts::AudienceOrder& order) {
    return delivery::FreezeRequest{order.alert, order.kind, order.of, order.lists};
}

}  // namespace

// Members are in the order in which they are made; destruction is the reverse.
class Service::Impl {
  public:
    Impl(const Config& config, ServiceMode mode)
        : config_(config),
          mode_(mode),
          shared_(store::is_postgres_url(config.store.url)),
          identity_(node_identity(config, random_)) {}
    ~Impl() { stop(); }

    Status start() {
        TRY(open_foundations());
        TRY(open_store_and_listen());
        node_ = std::make_unique<NodeService>(io_, *store_, clock_, config_, identity_);
        TRY(node_->enter());
        TRY(make_delivery());
        audiences_ = std::make_unique<delivery::PreparedAudiences>(
            *store_, clock_, delivery::PreparedOptions{.node = identity_.id});
        TRY(audiences_->start());
        make_newsroom();
        TRY_AS(signup_, SignupService::start(
                            {io_.get_executor(), gate_, *audience_, clock_, random_}, config_));
        add_routes();
        TRY(start_delivery());
        listen_to_nodes(*store_, clock_, *node_, engine_.get());
        spawn(io_.get_executor(), gate_, "heartbeats", node_->run(node_hooks(engine_.get())));
        spawn(io_.get_executor(), gate_, "tidy", tidy_hourly());
        spawn(io_.get_executor(), gate_, "digests", send_digests());
        web_thread_ = std::thread([this] { io_.run(); });
        return mode_ == ServiceMode::Dev ? seed() : Status();
    }

    Task<void> send_digests() {
        for (;;) {
            if (const auto sent = co_await audience_->send_digests(); !sent) {
                log_warning("digests wait: {}", sent.error().message());
            }
            co_await sleep_for(kDigestTime);
        }
    }

    Task<void> tidy_hourly() {
        for (;;) {
            if (const Status tidied = co_await audience_->tidy(); !tidied) {
                log_warning("old sign-ups could not be forgotten: {}", tidied.error().message());
            }
            co_await checkpoints_->write_new();
            auto forget = [now = clock_.now()](store::Database& db) {
                return forget_what_has_had_its_time(db, now);
            };
            if (const Status tidied = co_await store_->write(std::move(forget)); !tidied) {
                log_warning("what has had its time is kept: {}", tidied.error().message());
            }
            co_await sleep_for(kTidyTime);
        }
    }

    // On the web thread, like everything that audience does.
    Status seed() {
        TRY(store_->run([this](store::Database& db) { return seed_dev_editor(db, clock_.now()); }));
        std::promise<Status> done;
        auto report = [&done](std::exception_ptr failure, Status status) {
            done.set_value(failure ? Error(ErrorKind::Internal, "seeding failed") : status);
        };
        boost::asio::co_spawn(io_, seed_dev_readers(*audience_), std::move(report));
        return done.get_future().get();
    }

    void wait_for_signal() {
        std::promise<int> caught;
        signals_.async_wait([&caught](const boost::system::error_code& failed, int number) {
            caught.set_value(failed ? 0 : number);
        });
        const int number = caught.get_future().get();
        log_info("{}: stopping; a second signal is not needed, messages on the wire are awaited",
                 number == SIGINT ? "interrupted" : "asked to end");
    }

    ServiceAddresses addresses;

  private:
    Status open_foundations() {
        set_log_level(parse_log_level(config_.log.level).value_or(LogLevel::Info));
        TRY_AS(const Secrets secrets, load_secrets(config_.secrets.file));
        ring_.emplace(secrets.ring());
        if (sends()) {
            TRY_AS(keys_, load_dkim(config_.dkim));
        }
        TRY_AS(mail::Templates templates, mail::Templates::load());
        templates_.emplace(std::move(templates));
        waiting_room_ = std::make_unique<WaitingRoom>(*templates_, config_.site.name);
        return {};
    }

    bool sends() const { return config_.node.role != Config::Node::Role::Web; }
    bool has_pages() const { return config_.node.role != Config::Node::Role::Send; }

    // A file that cannot be opened is wrong; a server may only be late.
    Status open_store_and_listen() {
        const auto open = [this] {
            return store::Store::open(config_.store.url, clock_,
                                      store_options(config_.store, identity_.id));
        };
        WaitingRoom::Opened opened = open();
        if (!opened && !shared_) {
            return opened.error();
        }
        TRY(listen());
        if (!opened) {
            opened = waiting_room_->wait(io_, signals_, open, opened.error());
        }
        TRY_AS(store_, std::move(opened));
        TRY(store_->run(store::refuse_unfinished_copy));
        return {};
    }

    // Ports are taken before anything is sent, so that a second start fails without harm.
    Status listen() {
        const bool tls = !config_.http.tls_cert.empty();
        if (has_pages()) {
            public_server_ = make_server(public_router_, HealthDetail::AliveOnly);
            TRY_AS(const std::uint16_t port,
                   public_server_->listen_tcp(config_.http.listen.host, config_.http.listen.port));
            addresses.public_url = local_url(config_.http.listen, port, tls);
            addresses.desk_url = addresses.public_url + "/desk";
        }
        control_server_ = make_server(desk_router_, HealthDetail::Everything);
        TRY(control_server_->listen_unix(config_.control.socket));
        if (mode_ == ServiceMode::Serve) {
            desk_server_ = make_server(desk_router_, HealthDetail::Everything);
            TRY_AS(const std::uint16_t desk_port,
                   desk_server_->listen_tcp(config_.http.desk_listen.host,
                                            config_.http.desk_listen.port));
            addresses.desk_url = local_url(config_.http.desk_listen, desk_port, tls) +
                                 (has_pages() ? "/desk" : "/api/v1");
        }
        if (config_.dev.inbox && sends()) {
            const bool dev = mode_ == ServiceMode::Dev;
            TRY_AS(inbox_, InboxService::start(io_, config_, clock_, *templates_,
                                               dev ? "/dev/desk" : addresses.desk_url));
            addresses.inbox_url = has_pages() ? addresses.public_url + "/inbox" : "";
        }
        return {};
    }

    std::unique_ptr<net::HttpServer> make_server(web::Router& router, HealthDetail detail) {
        net::HttpServerOptions options;
        options.clock = &clock_;
        options.tls_cert_file = config_.http.tls_cert;
        options.tls_key_file = config_.http.tls_key;
        options.trusted_proxies = config_.http.trusted_proxies;
        options.body_limit = router.body_limit(options.body_bytes_max);
        options.refusal = router.refusal();
        return std::make_unique<net::HttpServer>(io_, std::move(options),
                                                 waiting_room_->guard(router.handler(), detail));
    }

    // Not on a web node.
    Status make_delivery() {
        if (!sends()) {
            return {};
        }
        delivery::EngineOptions options = engine_options(config_, identity_.id);
        if (inbox_) {
            options.relay = inbox_->route();
        } else if (config_.delivery.relay) {
            options.relay = *config_.delivery.relay;
        } else {
            TRY_AS(dns_, DnsService::start(clock_, dns_options(config_.delivery)));
            options.mx = mx_delivery(config_.delivery, dns_->resolver());
        }
        options.relay.helo = config_.delivery.helo;
        TRY_AS(shaping_, ShapingFile::open(config_.delivery.rules));
        options.shaping = shaping_->rules();
        engine_ = std::make_unique<delivery::Engine>(*store_, clock_, *ring_,
                                                     keys_ ? &*keys_ : nullptr, std::move(options));
        return {};
    }

    Status start_delivery() {
        if (!engine_) {
            return {};
        }
        TRY(engine_->start());
        shaping_->watch(io_, [this](std::shared_ptr<const model::Shaping> rules) {
            engine_->set_shaping(std::move(rules));
        });
        return {};
    }

    alerts::AlertHooks alert_hooks() {
        alerts::AlertHooks hooks =
            delivery_hooks(*store_, clock_, engine_.get(), Seconds(config_.delivery.lease_seconds));
        hooks.freeze = [this](store::Database& db, const alerts::AudienceOrder& order) {
            return audiences_->freeze(db, freeze_request(order));
        };
        hooks.prepare = [this](const alerts::AudienceOrder& order) {
            spawn(io_.get_executor(), gate_, "prepare an audience",
                  prepare_audience(order, delivery::PreparedAudiences::Need::Ahead));
        };
        hooks.prepared = [this](const alerts::AudienceOrder& order) {
            return prepare_audience(order, delivery::PreparedAudiences::Need::Now);
        };
        hooks.count = [](store::Database& db, const alerts::AudienceOrder& order) {
            return delivery::count_audience(db, freeze_request(order));
        };
        return hooks;
    }

    void make_newsroom() {
        audience::AudienceHooks hears = audience_hooks(engine_.get());
        if (shared_) {
            hears.left_is_known = [this] { return known_on_all_nodes(*store_); };
        }
        audience_ =
            std::make_unique<audience::Audience>(*store_, clock_, random_, *ring_, *templates_,
                                                 audience_settings(config_), std::move(hears));
        checkpoints_ =
            std::make_unique<CheckpointFolder>(*audience_, config_.consent.checkpoint_folder);
        alerts_ = std::make_unique<alerts::Alerts>(*store_, clock_, random_, *templates_,
                                                   alerts_settings(config_), alert_hooks());
        web::AuthSettings auth;
        auth.desk_url = config_.site.desk_url;
        const auto secret = ring_->pepper()("desk");
        auth.secret.assign(secret.begin(), secret.end());
        auth.people_required = static_cast<int>(config_.desk.people_required);
        auth_ = std::make_unique<web::Auth>(*store_, clock_, random_, std::move(auth));
    }

    // A release does without it, more slowly.
    Task<void> prepare_audience(alerts::AudienceOrder order,
                                delivery::PreparedAudiences::Need need) {
        if (const Status done = co_await audiences_->prepare(freeze_request(order), need); !done) {
            log_warning("an audience could not be prepared: {}", done.error().message());
        }
        if (dns_ && need == delivery::PreparedAudiences::Need::Ahead) {
            const auto domains =
                co_await audiences_->large_domains(freeze_request(order), kPrewarmedDomains);
            engine_->prewarm(domains ? *domains : std::vector<std::string>());
        }
    }

    // Handlers keep references to the services, so they live as long as the routers.
    void add_routes() {
        reader_services_ = std::make_unique<web::ReaderServices>(web::ReaderServices{
            *store_, clock_, *ring_, *templates_, *audience_, config_.site.name,
            config_.site.public_url, config_.site.from, config_.site.postal_address,
            config_.site.privacy_url, config_.site.languages, signup_->settings()});
        desk_services_ = std::make_unique<web::NewsroomServices>(web::NewsroomServices{
            *store_, clock_, random_, *templates_, *auth_, *alerts_, *audience_, delivery_view(),
            config_.site.name, config_.site.public_url, config_.site.desk_url,
            setting_lines(config_, where_mail_leaves(), identity_.name),
            [this] { return shaping_ ? shaping_->problem() : std::string(); }, identity_.id});
        const HealthParts health{*store_, engine_.get(), clock_};

        web::add_reader_routes(public_router_, *reader_services_);
        add_health_routes(public_router_, health, HealthDetail::AliveOnly);
        if (has_pages()) {
            web::add_desk_routes(desk_router_, *desk_services_);
            web::add_static_routes(desk_router_);
            backup_ = std::make_unique<BackupService>(io_.get_executor(), gate_, *store_,
                                                      config_.store.url);
            backup_->add_routes(desk_router_);
        }
        web::add_api_routes(desk_router_, *desk_services_);
        add_health_routes(desk_router_, health, HealthDetail::Everything);
        if (inbox_) {
            inbox_->add_routes(public_router_);
        }
        if (mode_ == ServiceMode::Dev) {
            newspaper_services_ = std::make_unique<web::NewspaperServices>(
                web::NewspaperServices{*templates_, "breaking", "", true, &clock_});
            web::add_newspaper_routes(public_router_, *newspaper_services_);
            web::add_desk_routes(public_router_, *desk_services_);
            web::add_api_routes(public_router_, *desk_services_);
            add_dev_sign_in(public_router_, *auth_, *store_, random_);
        } else {
            web::add_reader_home(public_router_, *reader_services_);
        }
    }

    // Of what other nodes send the database knows; of our own alone the engine, and sooner.
    web::DeliveryView delivery_view() const {
        return shared_ ? web::view_of_nodes(engine_.get(), clock_) : web::view_of(*engine_);
    }

    std::string where_mail_leaves() const {
        if (!engine_) {
            return "the machines that send";
        }
        return inbox_ ? "the built-in inbox"
               : dns_ ? "the recipients' own servers (MX)"
                      : engine_->routes().front().name;
    }

    void stop() {
        for (auto* server : {public_server_.get(), desk_server_.get(), control_server_.get()}) {
            if (server != nullptr) {
                server->stop();
            }
        }
        if (shaping_) {
            shaping_->stop();
        }
        if (engine_) {
            engine_->shutdown(kDeliveryDrainTime);
        }
        dns_.reset();
        if (web_thread_.joinable()) {
            spawn(io_.get_executor(), gate_, "drain the web", drain_web());
            web_thread_.join();
        }
        if (node_) {
            node_->leave();
        }
        // What is still queued runs now, while all that it may refer to is there.
        store_.reset();
    }

    Task<void> drain_web() {
        for (auto* server : {public_server_.get(), desk_server_.get(), control_server_.get()}) {
            if (server != nullptr) {
                co_await server->drained(kWebDrainTime);
            }
        }
        io_.stop();
    }

    const Config config_;
    const ServiceMode mode_;
    const bool shared_;  // the database may have other nodes
    SystemClock machine_clock_;
    SharedClock clock_{machine_clock_};
    SecureRandom random_;
    const NodeIdentity identity_;
    Gate gate_;
    boost::asio::io_context io_{1};
    // Registered before anything starts, so that an early signal is not lost.
    boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
    std::optional<mail::KeyRing> ring_;
    std::optional<mail::DkimKeys> keys_;
    std::optional<mail::Templates> templates_;
    std::unique_ptr<WaitingRoom> waiting_room_;
    std::unique_ptr<NodeService> node_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<InboxService> inbox_;
    std::unique_ptr<ShapingFile> shaping_;
    std::unique_ptr<delivery::Engine> engine_;
    std::unique_ptr<DnsService> dns_;
    std::unique_ptr<SignupService> signup_;
    std::unique_ptr<delivery::PreparedAudiences> audiences_;
    std::unique_ptr<audience::Audience> audience_;
    std::unique_ptr<CheckpointFolder> checkpoints_;
    std::unique_ptr<alerts::Alerts> alerts_;
    std::unique_ptr<web::Auth> auth_;
    std::unique_ptr<BackupService> backup_;
    std::unique_ptr<web::ReaderServices> reader_services_;
    std::unique_ptr<web::NewsroomServices> desk_services_;
    std::unique_ptr<web::NewspaperServices> newspaper_services_;
    web::Router public_router_;
    web::Router desk_router_;
    std::unique_ptr<net::HttpServer> public_server_;
    std::unique_ptr<net::HttpServer> desk_server_;
    std::unique_ptr<net::HttpServer> control_server_;
    std::thread web_thread_;
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(const Config& config, ServiceMode mode) {
    auto impl = std::make_unique<Impl>(config, mode);
    TRY(impl->start());
    return std::unique_ptr<Service>(new Service(std::move(impl)));
}

const ServiceAddresses& Service::addresses() const {
    return impl_->addresses;
}

void Service::wait_for_signal() {
    impl_->wait_for_signal();
}

}  // namespace tocsin::app
