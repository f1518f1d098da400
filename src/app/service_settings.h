// What the parts of a service are told, made from the configuration. Plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alerts.h"
#include "app/config.h"
#include "audience/audience.h"
#include "base/result.h"
#include "delivery/engine.h"
#include "mail/dkim.h"
#include "net/dns.h"
#include "store/store.h"
#include "web/desk.h"

namespace tocsin::net {
class MxResolver;
}

namespace tocsin::app {

// Nullopt if mail is not signed.
Result<std::optional<mail::DkimKeys>> load_dkim(const Config::Dkim& dkim);
store::StoreOptions store_options(const Config::Store& config, std::string node);
net::DnsOptions dns_options(const Config::Delivery& delivery);
delivery::MxDelivery mx_delivery(const Config::Delivery& delivery, net::MxResolver& resolver);
// What does not depend on where mail leaves.
delivery::EngineOptions engine_options(const Config& config, std::string node);
audience::AudienceSettings audience_settings(const Config& config);
alerts::AlertsSettings alerts_settings(const Config& config);
// What the desk shows of the configuration. `relay`: where mail leaves, in words.
std::vector<web::SettingLine> setting_lines(const Config& config, std::string relay,
                                            const std::string& node_name);
// A loopback name that browsers take as a secure origin, whatever we listen on.
std::string local_url(const Endpoint& endpoint, std::uint16_t port, bool tls);

}  // namespace tocsin::app
