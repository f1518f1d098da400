// Any bytes as DNS records: what the fuzz target plays and the corpus test replays.
#pragma once

#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/dns_rdata.h"

namespace tocsin::net {

// Records of one byte of length and that many of data. Whatever they are, the plan's hosts are host
// names, and a host name survives being read again.
inline void play_dns_rdata(std::string_view bytes) {
    std::vector<model::MxTarget> records;
    while (!bytes.empty()) {
        const std::size_t length = static_cast<unsigned char>(bytes.front());
        const std::string_view rdata = bytes.substr(1, length);
        bytes.remove_prefix(1 + rdata.size());
        if (const auto mx = parse_mx_rdata(rdata)) {
            records.push_back(*mx);
        }
        if (const auto address = parse_address_rdata(rdata)) {
            CHECK(!address->to_string().empty());
        }
    }
    const model::MxPlan plan = model::plan_mx("example.com", model::DnsStatus::Found, records, "");
    CHECK((plan.kind == model::MxPlan::Kind::Targets) == !plan.site.targets.empty());
    CHECK(plan.site.targets.size() <= model::kMxTargetsMax);
    for (const model::MxTarget& target : plan.site.targets) {
        CHECK(!target.host.empty() && model::normal_host(target.host) == target.host);
    }
    CHECK(model::site_name(plan.site.targets) == plan.site.name);
}

}  // namespace tocsin::net
