// The doctor's look at what mail needs: DKIM key, DNS records, the smarthost.
#include <algorithm>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "app/doctor_checks.h"
#include "app/secrets.h"
#include "base/bytes.h"
#include "mail/address.h"
#include "mail/dkim.h"
#include "net/smtp_session.h"
#include "net/tls.h"

namespace tocsin::app {

namespace {

using Level = Finding::Level;
using Purpose = DnsRecord::Purpose;
using Tls = net::SmtpRoute::Tls;

std::string_view kind_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::Spf:
            return "SPF";
        case Purpose::Dkim:
            return "DKIM";
        case Purpose::Dmarc:
            return "DMARC";
    }
    return "";
}

std::string_view beginning_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::Spf:
            return "v=spf1";
        case Purpose::Dkim:
            return "";  // "v=" is optional in DKIM records
        case Purpose::Dmarc:
            return "v=DMARC1";
    }
    return "";
}

// The p= tag of a DKIM record, without white space.
std::string public_key_of(std::string_view record) {
    std::string text(record);
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    std::size_t at = text.find("p=");
    while (at != std::string::npos && at > 0 && text[at - 1] != ';') {
        at = text.find("p=", at + 1);
    }
    if (at == std::string::npos) {
        return {};
    }
    return text.substr(at + 2, text.find(';', at) - at - 2);
}

std::string advice(const DnsRecord& record) {
    return "publish: " + zone_line(record) + (record.note.empty() ? "" : "\n" + record.note);
}

Finding judge(const DnsRecord& record, const Result<std::vector<std::string>>& found) {
    const std::string what = fmt::format("{} at {}", kind_of(record.purpose), record.name);
    if (!found && found.error().kind() != ErrorKind::NotFound) {
        return {Level::Warn, "dns",
                fmt::format("{} could not be looked up: {}", what, found.error().message()),
                advice(record)};
    }
    std::vector<std::string> texts;
    if (found) {
        const std::string beginning = ascii_lower(beginning_of(record.purpose));
        std::copy_if(
            found->begin(), found->end(), std::back_inserter(texts),
            [&](const std::string& text) { return ascii_lower(text).starts_with(beginning); });
    }
    if (texts.empty()) {
        return {record.purpose == Purpose::Dkim ? Level::Fail : Level::Warn, "dns",
                what + " is not published", advice(record)};
    }
    if (texts.size() > 1) {
        return {Level::Fail, "dns",
                fmt::format("{} is published {} times: receivers take none of them", what,
                            texts.size()),
                "keep one"};
    }
    if (record.purpose == Purpose::Dkim &&
        public_key_of(texts.front()) != public_key_of(record.value)) {
        return {Level::Fail, "dns", what + " has another key than ours", advice(record)};
    }
    return {Level::Ok, "dns", what + " is published", ""};
}

// A session that has nothing to send: it connects, greets, encrypts, logs in and leaves.
class NoMail final : public net::SmtpFeed {
  public:
    Task<std::optional<net::OutgoingMessage>> next() override { co_return std::nullopt; }
    std::optional<net::OutgoingMessage> try_next() override { return std::nullopt; }
    void on_outcome(const net::SmtpOutcome&) override {}
};

std::optional<net::SessionEnd> try_session(const net::SmtpRoute& route,
                                           std::chrono::milliseconds limit, const Clock& clock) {
    NoMail feed;
    net::TlsClients tls;
    net::SmtpSessionOptions options{tls, clock};
    options.times.connect = limit;
    options.times.greeting = limit;
    options.times.command = limit;
    std::optional<net::SessionEnd> end;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, net::run_smtp_session(route, feed, options),
                          [&end](std::exception_ptr failure, net::SessionEnd how) {
                              if (!failure) {
                                  end = std::move(how);
                              }
                          });
    io.run_for(2 * limit);
    return end;
}

std::string_view protection(Tls tls) {
    switch (tls) {
        case Tls::None:
            return "without TLS";
        case Tls::Opportunistic:
            return "with TLS if it is offered, certificate not checked";
        case Tls::Required:
        case Tls::Implicit:
            return "with TLS, certificate checked";
    }
    return "";
}

}  // namespace

void look_at_dkim(const Config& config, Findings& findings) {
    if (!config.dkim.enabled()) {
        return;  // the configuration's warnings say so
    }
    const auto pem = read_private_file(config.dkim.key_file);
    if (!pem) {
        findings.push_back({Level::Fail, "dkim", pem.error().message(), ""});
        return;
    }
    const auto keys = mail::DkimKeys::load(config.dkim.domain, config.dkim.selector, *pem);
    if (!keys) {
        findings.push_back({Level::Fail, "dkim",
                            fmt::format("{}: {}", config.dkim.key_file, keys.error().message()),
                            ""});
        return;
    }
    findings.push_back({Level::Ok, "dkim", config.dkim.key_file + " is private and loads", ""});
    const std::string from = config.site.from.substr(config.site.from.find('@') + 1);
    if (from != config.dkim.domain && !from.ends_with("." + config.dkim.domain)) {
        findings.push_back(
            {Level::Warn, "dkim",
             fmt::format("the signature is of {} but mail is from {}: DMARC will not accept it",
                         config.dkim.domain, from),
             "sign with the domain of [site] from"});
    }
}

void look_at_dns(const Config& config, const TxtLookup& lookup, Findings& findings) {
    const auto records = dns_records(config);
    if (!records) {
        return;  // the key cannot be read: look_at_dkim says so
    }
    for (const DnsRecord& record : *records) {
        if (mail::is_reserved_domain(record.name)) {
            findings.push_back({Level::Warn, "dns",
                                fmt::format("{} at {}: the domain is one for examples and tests",
                                            kind_of(record.purpose), record.name),
                                advice(record)});
            continue;
        }
        findings.push_back(judge(record, lookup(record.name)));
    }
}

void look_at_relay(const Config& config, const DoctorOptions& options, const Clock& clock,
                   Findings& findings) {
    if (config.dev.inbox || !config.delivery.relay) {
        return;  // the configuration's warnings say so
    }
    const net::SmtpRoute& route = *config.delivery.relay;
    const auto end = try_session(route, options.relay_time, clock);
    if (!end) {
        findings.push_back({Level::Fail, "relay", route.label() + " did not answer in time",
                            "is outgoing SMTP blocked by the network or the hosting provider?"});
    } else if (!end->ok()) {
        findings.push_back({Level::Fail, "relay", end->error.message(), ""});
    } else {
        findings.push_back(
            {Level::Ok, "relay",
             fmt::format("{} takes mail from us, {}", route.label(), protection(route.tls)), ""});
    }
}

}  // namespace tocsin::app
