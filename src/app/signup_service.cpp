#include "app/signup_service.h"

#include <fstream>

#include <fmt/format.h>

#include "app/service_settings.h"
#include "base/bytes.h"
#include "base/log.h"
#include "mail/address.h"
#include "store/signup_readers.h"

namespace tocsin::app {

namespace {

// Look-ups that wait for the DNS; beyond it domains are taken unseen.
constexpr std::size_t kLookupsMax = 500;
constexpr Milliseconds kDomainStep{5};

net::DnsOptions options_of(const Config& config) {
    net::DnsOptions options = dns_options(config.delivery);
    // We only look; a domain whose mail stays inside the house is a domain.
    options.private_targets = net::DnsOptions::PrivateTargets::Allow;
    return options;
}

}  // namespace

SignupService::SignupService(Parts parts, const Config& config) : parts_(std::move(parts)) {
    base_.limits = config.signup.limits;
    base_.answer_time = config.signup.answer_time;
    base_.random = &parts_.random;
    if (config.dev.inbox) {
        base_.limits.fill_time = Seconds(0);  // scripts try it out
    }
}

Result<std::unique_ptr<SignupService>> SignupService::start(Parts parts, const Config& config) {
    std::unique_ptr<SignupService> service(new SignupService(std::move(parts), config));
    if (!config.signup.disposable_domains.empty()) {
        TRY_AS(service->disposable_, read_domains(config.signup.disposable_domains));
    }
    // The invented readers of development live at domains that are nobody's.
    if (config.signup.check_domains && !config.dev.inbox) {
        TRY_AS(service->dns_, DnsService::start(service->parts_.clock, options_of(config)));
    }
    return service;
}

web::SignupSettings SignupService::settings() {
    web::SignupSettings settings = base_;
    if (!disposable_.empty()) {
        settings.is_disposable = [this](std::string_view domain) {
            return disposable_.contains(std::string(domain));
        };
    }
    if (dns_) {
        settings.takes_mail = [this](std::string domain) { return takes_mail(std::move(domain)); };
    }
    return settings;
}

Task<bool> SignupService::takes_mail(std::string domain) {
    net::MxResolver& resolver = dns_->resolver();
    auto known = resolver.known_site_of(domain);
    if (!known) {
        if (parts_.gate.running() > kLookupsMax) {
            co_return true;
        }
        spawn(parts_.executor, parts_.gate, "look up a mail domain", look_up(domain));
    }
    for (Milliseconds waited{0}; !known && waited < kDomainWait; waited += kDomainStep) {
        co_await sleep_for(kDomainStep);
        known = resolver.known_site_of(domain);
    }
    co_return !known || known->kind != net::SiteAnswer::Kind::Refused;
}

Task<void> SignupService::look_up(std::string domain) {
    const net::SiteAnswer answer = co_await dns_->resolver().site_of(domain);
    if (answer.kind != net::SiteAnswer::Kind::Refused) {
        co_return;
    }
    const auto dropped = co_await parts_.audience.forget_unconfirmed_at(std::move(domain));
    if (dropped && *dropped > 0) {
        log_info("{} sign-ups were forgotten: no mail can reach their domain", *dropped);
    }
}

Result<std::unordered_set<std::string>> read_domains(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        return invalid(path + ": the list of disposable domains cannot be read");
    }
    std::unordered_set<std::string> out;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const std::string_view text = trim(line);
        if (text.empty() || text.front() == '#') {
            continue;
        }
        const auto domain = mail::parse_domain(text);
        if (!domain) {
            return invalid(fmt::format("{}:{}: {}", path, number, domain.error().message()));
        }
        out.insert(*domain);
    }
    return out;
}

}  // namespace tocsin::app
