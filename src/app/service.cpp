#include "app/service.h"

#include <csignal>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "alerts/alerts.h"
#include "app/dev_site.h"
#include "app/dns_service.h"
#include "app/health.h"
#include "app/inbox_service.h"
#include "app/secrets.h"
#include "app/service_settings.h"
#include "app/shaping_file.h"
#include "audience/audience.h"
#include "base/log.h"
#include "delivery/audience_snapshot.h"
#include "delivery/engine.h"
#include "delivery/prepared_audience.h"
#include "mail/dkim.h"
#include "net/http_server.h"
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

delivery::FreezeRequest freeze_request(const alerts::AudienceOrder& order) {
    return delivery::FreezeRequest{order.alert, order.kind, order.of, order.lists};
}

}  // namespace

// Members are in the order in which they are made; destruction is the reverse.
class Service::Impl {
  public:
    Impl(const Config& config, ServiceMode mode) : config_(config), mode_(mode) {}
    ~Impl() { stop(); }

    Status start() {
        TRY(open_foundations());
        TRY(listen());
        TRY(make_delivery());
        audiences_ = std::make_unique<delivery::PreparedAudiences>(*store_, clock_);
        TRY(audiences_->start());
        make_newsroom();
        add_routes();
        TRY(engine_->start());
        shaping_->watch(io_, [this](std::shared_ptr<const model::Shaping> rules) {
            engine_->set_shaping(std::move(rules));
        });
        spawn(io_.get_executor(), gate_, "tidy the audience", tidy_hourly());
        web_thread_ = std::thread([this] { io_.run(); });
        return mode_ == ServiceMode::Dev ? seed() : Status();
    }

    Task<void> tidy_hourly() {
        for (;;) {
            if (const Status tidied = co_await audience_->tidy(); !tidied) {
                log_warning("old sign-ups could not be forgotten: {}", tidied.error().message());
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
        TRY_AS(keys_, load_dkim(config_.dkim));
        TRY_AS(mail::Templates templates, mail::Templates::load());
        templates_.emplace(std::move(templates));
        TRY_AS(store_, store::Store::open(config_.store.url, clock_));
        return {};
    }

    // Ports are taken before anything is sent, so that a second start fails without harm.
    Status listen() {
        const bool tls = !config_.http.tls_cert.empty();
        public_server_ = make_server(public_router_);
        TRY_AS(const std::uint16_t port,
               public_server_->listen_tcp(config_.http.listen.host, config_.http.listen.port));
        addresses.public_url = local_url(config_.http.listen, port, tls);
        addresses.desk_url = addresses.public_url + "/desk";
        control_server_ = make_server(desk_router_);
        TRY(control_server_->listen_unix(config_.control.socket));
        if (mode_ == ServiceMode::Serve) {
            desk_server_ = make_server(desk_router_);
            TRY_AS(const std::uint16_t desk_port,
                   desk_server_->listen_tcp(config_.http.desk_listen.host,
                                            config_.http.desk_listen.port));
            addresses.desk_url = local_url(config_.http.desk_listen, desk_port, tls) + "/desk";
        }
        if (config_.dev.inbox) {
            const bool dev = mode_ == ServiceMode::Dev;
            TRY_AS(inbox_, InboxService::start(io_, config_, clock_, *templates_,
                                               dev ? "/dev/desk" : addresses.desk_url));
            addresses.inbox_url = addresses.public_url + "/inbox";
        }
        return {};
    }

    std::unique_ptr<net::HttpServer> make_server(web::Router& router) {
        net::HttpServerOptions options;
        options.clock = &clock_;
        options.tls_cert_file = config_.http.tls_cert;
        options.tls_key_file = config_.http.tls_key;
        options.trusted_proxies = config_.http.trusted_proxies;
        options.body_limit = router.body_limit(options.body_bytes_max);
        options.refusal = router.refusal();
        return std::make_unique<net::HttpServer>(io_, std::move(options), router.handler());
    }

    Status make_delivery() {
        delivery::EngineOptions options;
        if (inbox_) {
            options.relay = inbox_->route();
        } else if (config_.delivery.relay) {
            options.relay = *config_.delivery.relay;
        } else {
            TRY_AS(dns_, DnsService::start(clock_, dns_options(config_.delivery)));
            options.mx = mx_delivery(config_.delivery, dns_->resolver());
        }
        options.relay.helo = config_.delivery.helo;
        options.limits.connections = config_.delivery.connections_max;
        TRY_AS(shaping_, ShapingFile::open(config_.delivery.rules));
        options.shaping = shaping_->rules();
        options.bounce_domain = config_.inbound.bounce_domain;
        options.workers = config_.delivery.threads;
        options.signers = config_.delivery.signers;
        engine_ = std::make_unique<delivery::Engine>(*store_, clock_, *ring_,
                                                     keys_ ? &*keys_ : nullptr, std::move(options));
        return {};
    }

    void make_newsroom() {
        audience::AudienceHooks hears;
        hears.on_outbox = [this] { engine_->outbox_ready(); };
        hears.on_left = [this](SubscriberId reader, std::optional<ListId> list) {
            engine_->exclude(reader, list);
        };
        audience_ =
            std::make_unique<audience::Audience>(*store_, clock_, random_, *ring_, *templates_,
                                                 audience_settings(config_), std::move(hears));

        alerts::AlertHooks hooks;
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
        hooks.released = [this](AlertId alert) { engine_->alert_released(alert); };
        hooks.stop_now = [this](AlertId alert) { engine_->stop_alert(alert); };
        hooks.settled = [this](AlertId alert) { return engine_->settled(alert); };
        hooks.prewarm = [this] { engine_->prewarm(); };
        alerts_ = std::make_unique<alerts::Alerts>(*store_, clock_, random_, *templates_,
                                                   alerts_settings(config_), std::move(hooks));

        web::AuthSettings auth;
        auth.desk_url = config_.site.desk_url;
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
            *store_, clock_, *templates_, *audience_, config_.site.name, config_.site.public_url,
            config_.site.from, config_.site.postal_address, config_.site.privacy_url,
            config_.site.languages.front()});
        desk_services_ = std::make_unique<web::NewsroomServices>(web::NewsroomServices{
            *store_, clock_, random_, *templates_, *auth_, *alerts_, *audience_, *engine_,
            config_.site.name, config_.site.public_url, config_.site.desk_url, setting_lines(),
            [this] { return shaping_->problem(); }});
        const HealthParts health{*store_, *engine_};

        web::add_reader_routes(public_router_, *reader_services_);
        add_health_routes(public_router_, health, HealthDetail::AliveOnly);
        web::add_desk_routes(desk_router_, *desk_services_);
        web::add_api_routes(desk_router_, *desk_services_);
        web::add_static_routes(desk_router_);
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

    std::vector<web::SettingLine> setting_lines() const {
        const std::string relay = inbox_ ? "the built-in inbox"
                                  : dns_ ? "the recipients' own servers (MX)"
                                         : engine_->routes().front().name;
        const std::string dkim = config_.dkim.enabled()
                                     ? config_.dkim.selector + "._domainkey." + config_.dkim.domain
                                     : "off: mail is not signed";
        return {{"Sender", fmt::format("{} <{}>", config_.site.name, config_.site.from)},
                {"Public pages", config_.site.public_url},
                {"Mail leaves through", relay},
                {"DKIM key", dkim},
                {"Bounces go to", "b+…@" + config_.inbound.bounce_domain},
                {"People behind an alert", std::to_string(config_.desk.people_required)},
                {"Database", config_.store.url}};
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
    SystemClock machine_clock_;
    SharedClock clock_{machine_clock_};
    SecureRandom random_;
    Gate gate_;
    boost::asio::io_context io_{1};
    // Registered before anything starts, so that an early signal is not lost.
    boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
    std::optional<mail::KeyRing> ring_;
    std::optional<mail::DkimKeys> keys_;
    std::optional<mail::Templates> templates_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<InboxService> inbox_;
    std::unique_ptr<ShapingFile> shaping_;
    std::unique_ptr<delivery::Engine> engine_;
    std::unique_ptr<DnsService> dns_;
    std::unique_ptr<delivery::PreparedAudiences> audiences_;
    std::unique_ptr<audience::Audience> audience_;
    std::unique_ptr<alerts::Alerts> alerts_;
    std::unique_ptr<web::Auth> auth_;
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
