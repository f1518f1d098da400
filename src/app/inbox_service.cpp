#include "app/inbox_service.h"

#include "app/secrets.h"
#include "net/smtp_listener.h"
#include "web/inbox_pages.h"

namespace tocsin::app {

namespace {

struct PublishedKey {
    std::string name;    // selector._domainkey.domain
    std::string record;  // the TXT record's text
};

Result<PublishedKey> published_key(const std::string& selector, const std::string& domain,
                                   const std::string& key_file) {
    TRY_AS(const std::string pem, read_private_file(key_file));
    TRY_AS(std::string record, mail::dkim_dns_record(pem));
    return PublishedKey{selector + "._domainkey." + domain, std::move(record)};
}

// What DNS would answer about our own keys, and about nobody else's.
Result<mail::DkimLookup> own_keys(const Config::Dkim& dkim) {
    std::vector<PublishedKey> keys;
    if (dkim.enabled()) {
        TRY_AS(PublishedKey rsa, published_key(dkim.selector, dkim.domain, dkim.key_file));
        keys.push_back(std::move(rsa));
        if (!dkim.ed25519_key_file.empty()) {
            TRY_AS(PublishedKey second,
                   published_key(dkim.ed25519_selector, dkim.domain, dkim.ed25519_key_file));
            keys.push_back(std::move(second));
        }
    }
    return mail::DkimLookup([keys = std::move(keys)](std::string_view name) -> Result<std::string> {
        for (const PublishedKey& key : keys) {
            if (key.name == name) {
                return key.record;
            }
        }
        return not_found("no such record");
    });
}

Task<mail::Reply> keep(web::InboxStore& store, mail::SmtpEnvelope envelope, std::string message) {
    const std::uint64_t id = store.add(std::move(envelope), std::move(message));
    co_return mail::Reply{250, "2.0.0", fmt::format("kept in the inbox as {}", id)};
}

}  // namespace

class InboxService::Impl {
  public:
    Impl(boost::asio::io_context& io, const Clock& clock, const mail::Templates& templates,
         mail::DkimLookup keys, const std::string& site_name, const std::string& desk_link)
        : store(clock, std::move(keys)),
          pages{store, templates, site_name, desk_link},
          listener(io.get_executor(), {}, [this](mail::SmtpEnvelope envelope, std::string message) {
              return keep(store, std::move(envelope), std::move(message));
          }) {}

    web::InboxStore store;
    web::InboxServices pages;
    net::SmtpListener listener;
    net::SmtpRoute route;
};

InboxService::InboxService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InboxService::~InboxService() = default;

Result<std::unique_ptr<InboxService>> InboxService::start(boost::asio::io_context& io,
                                                          const Config& config, const Clock& clock,
                                                          const mail::Templates& templates,
                                                          const std::string& desk_link) {
    TRY_AS(mail::DkimLookup keys, own_keys(config.dkim));
    auto impl =
        std::make_unique<Impl>(io, clock, templates, std::move(keys), config.site.name, desk_link);
    const Endpoint& at = config.dev.inbox_listen;
    TRY_AS(impl->route.port, impl->listener.listen(at.host, at.port));
    impl->route.name = "the built-in inbox";
    impl->route.host = at.host;
    impl->route.tls = net::SmtpRoute::Tls::None;
    return std::unique_ptr<InboxService>(new InboxService(std::move(impl)));
}

net::SmtpRoute InboxService::route() const {
    return impl_->route;
}

void InboxService::add_routes(web::Router& router) {
    web::add_inbox_routes(router, impl_->pages);
}

}  // namespace tocsin::app
