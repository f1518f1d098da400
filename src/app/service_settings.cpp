#include "app/service_settings.h"

#include "app/secrets.h"
#include "net/mx_resolver.h"
#include "store/postgres_url.h"

namespace tocsin::app {

namespace {

std::string from_domain(const Config& config) {
    return config.site.from.substr(config.site.from.find('@') + 1);
}

std::string privacy_url(const Config& config) {
    return config.site.privacy_url.empty() ? config.site.public_url + "/privacy"
                                           : config.site.privacy_url;
}

// Legal name and contact, as readers are told.
std::string controller(const Config& config) {
    if (!config.consent.controller.empty()) {
        return config.consent.controller;
    }
    const std::string& postal = config.site.postal_address;
    return fmt::format("{}{}{}, {}", config.site.name, postal.empty() ? "" : ", ", postal,
                       config.site.from);
}

}  // namespace

Result<std::optional<mail::DkimKeys>> load_dkim(const Config::Dkim& dkim) {
    if (!dkim.enabled()) {
        return std::optional<mail::DkimKeys>();
    }
    TRY_AS(const std::string rsa, read_private_file(dkim.key_file));
    std::optional<mail::DkimKeySource> ed25519;
    if (!dkim.ed25519_key_file.empty()) {
        TRY_AS(std::string pem, read_private_file(dkim.ed25519_key_file));
        ed25519 = mail::DkimKeySource{dkim.ed25519_selector, std::move(pem)};
    }
    TRY_AS(mail::DkimKeys keys,
           mail::DkimKeys::load(dkim.domain, dkim.selector, rsa, std::move(ed25519)));
    return std::optional<mail::DkimKeys>(std::move(keys));
}

store::StoreOptions store_options(const Config::Store& config, std::string node) {
    store::StoreOptions options;
    options.node = std::move(node);
    options.pooler = config.pooler == Config::Store::Pooler::Session ? store::Pooler::Session
                                                                     : store::Pooler::None;
    return options;
}

net::DnsOptions dns_options(const Config::Delivery& delivery) {
    net::DnsOptions options;
    options.server = delivery.dns;
    using PrivateAddresses = Config::Delivery::PrivateAddresses;
    options.private_targets = delivery.mx_private_addresses == PrivateAddresses::Allow
                                  ? net::DnsOptions::PrivateTargets::Allow
                                  : net::DnsOptions::PrivateTargets::Refuse;
    return options;
}

delivery::MxDelivery mx_delivery(const Config::Delivery& delivery, net::MxResolver& resolver) {
    return {.resolver = &resolver,
            .port = delivery.mx_port,
            .helo = delivery.helo,
            .source_v4 = delivery.source_v4,
            .source_v6 = delivery.source_v6,
            .ca_file = {},
            .connections_max = delivery.mx_connections_max};
}

delivery::EngineOptions engine_options(const Config& config, std::string node) {
    delivery::EngineOptions options;
    options.limits.connections = config.delivery.connections_max;
    options.bounce_domain = config.inbound.bounce_domain;
    options.workers = config.delivery.threads;
    options.signers = config.delivery.signers;
    options.outcome_group = Milliseconds(config.delivery.outcome_group_ms);
    options.node = std::move(node);
    if (store::is_postgres_url(config.store.url)) {
        options.leases = delivery::Leases::Shared;
        options.lease = Seconds(config.delivery.lease_seconds);
    }
    return options;
}

audience::AudienceSettings audience_settings(const Config& config) {
    audience::AudienceSettings settings;
    settings.public_url = config.site.public_url;
    settings.sender.newspaper = config.site.name;
    settings.sender.language = config.site.languages.front();
    settings.zone = config.site.time_zone;
    settings.sender.from_address = config.site.from;
    settings.sender.site_url = config.site.public_url;
    settings.sender.postal_address = config.site.postal_address;
    settings.sender.privacy_url = privacy_url(config);
    // Invented readers live at .example; a real service must not mail reserved domains.
    settings.reserved_domains =
        config.dev.inbox ? audience::ReservedDomains::Allow : audience::ReservedDomains::Refuse;
    using std::chrono::hours;
    settings.consent.controller = controller(config);
    settings.consent.checkpoint_every = hours(config.consent.checkpoint_hours);
    settings.consent.checkpoint_to = config.consent.checkpoint_to;
    settings.consent.keep_origin = hours(24) * config.consent.keep_ip_days;
    settings.consent.keep_unconfirmed = hours(24) * config.consent.keep_unconfirmed_days;
    if (store::is_postgres_url(config.store.url)) {
        settings.import_rows = limits::kImportRowsShared;
    }
    return settings;
}

alerts::AlertsSettings alerts_settings(const Config& config) {
    alerts::AlertsSettings settings;
    settings.site_name = config.site.name;
    settings.languages = config.site.languages;
    settings.public_url = config.site.public_url;
    settings.from_name = config.site.name;
    settings.from_address = config.site.from;
    settings.message_id_domain = from_domain(config);
    settings.unsubscribe_mailto =
        fmt::format("mailto:unsubscribe@{}?subject=", config.inbound.bounce_domain);
    settings.postal_address = config.site.postal_address;
    settings.privacy_url = privacy_url(config);
    settings.approval.people_required = static_cast<int>(config.desk.people_required);
    return settings;
}

// A loopback name that browsers take as a secure origin, whatever we listen on.
std::string local_url(const Endpoint& endpoint, std::uint16_t port, bool tls) {
    const std::string host =
        endpoint.is_loopback() || endpoint.host == "0.0.0.0" || endpoint.host == "::"
            ? "localhost"
            : endpoint.host;
    return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

std::vector<web::SettingLine> setting_lines(const Config& config, std::string relay,
                                            const std::string& node_name) {
    const std::string dkim = config.dkim.enabled()
                                 ? config.dkim.selector + "._domainkey." + config.dkim.domain
                                 : "off: mail is not signed";
    const std::string& url = config.store.url;
    return {{"Sender", fmt::format("{} <{}>", config.site.name, config.site.from)},
            {"Public pages", config.site.public_url},
            {"Mail leaves through", std::move(relay)},
            {"DKIM key", dkim},
            {"Bounces go to", "b+…@" + config.inbound.bounce_domain},
            {"People behind an alert", std::to_string(config.desk.people_required)},
            {"Database", store::is_postgres_url(url) ? store::shown_postgres_url(url) : url},
            {"This machine", fmt::format("{} ({})", node_name, to_string(config.node.role))}};
}

}  // namespace tocsin::app
