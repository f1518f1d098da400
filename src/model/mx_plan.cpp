#include "model/mx_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"

namespace tocsin::model {

namespace {

bool is_label_byte(char c) {
    // "_" stands in no host name, but some MX records have it and their servers do answer.
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_all_digits(std::string_view label) {
    return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool by_rank(const MxTarget& a, const MxTarget& b) {
    return a.preference != b.preference ? a.preference < b.preference : a.host < b.host;
}

MxPlan unsettled(const std::string& domain, DnsStatus status, std::string_view why) {
    const std::string_view what = status == DnsStatus::Bogus
                                      ? "DNSSEC says that the answer is forged or broken"
                                      : "the DNS gave no answer";
    std::string reason = fmt::format("451 4.4.3 {}: {}", domain, what);
    if (!why.empty()) {
        reason += fmt::format(" ({})", why);
    }
    return MxPlan::later(std::move(reason));
}

// The usable ones, best first, each host once at its best preference.
std::vector<MxTarget> usable(std::vector<MxTarget> records) {
    for (MxTarget& record : records) {
        record.host = normal_host(record.host);
    }
    std::erase_if(records, [](const MxTarget& record) { return record.host.empty(); });
    std::sort(records.begin(), records.end(), by_rank);
    std::set<std::string> seen;
    std::erase_if(records,
                  [&seen](const MxTarget& record) { return !seen.insert(record.host).second; });
    if (records.size() > kMxTargetsMax) {
        records.resize(kMxTargetsMax);
    }
    return records;
}

}  // namespace

std::string normal_host(std::string_view text) {
    if (text.ends_with('.')) {
        text.remove_suffix(1);
    }
    std::string host = ascii_lower(text);
    if (host.empty() || host.size() > limits::kDomainBytesMax) {
        return {};
    }
    std::string_view rest = host;
    std::string_view label;
    while (!rest.empty()) {
        const std::size_t dot = rest.find('.');
        label = rest.substr(0, dot);
        if (label.empty() || label.size() > limits::kDomainLabelBytesMax ||
            !std::all_of(label.begin(), label.end(), is_label_byte)) {
            return {};
        }
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    // An IP address in an MX record is a mistake that RFC 5321 gives no meaning to; and no
    // top-level domain is a number.
    if (is_all_digits(label) || host.ends_with('.')) {
        return {};
    }
    return host;
}

MxPlan plan_mx(const std::string& domain, DnsStatus status, std::vector<MxTarget> records,
               std::string_view why) {
    switch (status) {
        case DnsStatus::Failed:
        case DnsStatus::Bogus:
            return unsettled(domain, status, why);
        case DnsStatus::NoName:
            return MxPlan::refused(fmt::format("550 5.1.2 {}: no such domain", domain));
        case DnsStatus::NoData:
            return {MxPlan::Kind::AskAddresses, {}, {}};
        case DnsStatus::Found:
            break;
    }
    const bool null_mx =
        !records.empty() && std::all_of(records.begin(), records.end(), [](const MxTarget& record) {
            return record.host.empty() || record.host == ".";
        });
    if (null_mx) {
        return MxPlan::refused(
            fmt::format("556 5.1.10 {} accepts no mail (null MX, RFC 7505)", domain));
    }
    MxPlan plan;
    plan.site.targets = usable(std::move(records));
    if (plan.site.targets.empty()) {
        return MxPlan::refused(
            fmt::format("550 5.4.4 {}: its MX records name no host (an address is none)", domain));
    }
    plan.kind = MxPlan::Kind::Targets;
    plan.site.name = site_name(plan.site.targets);
    return plan;
}

MxPlan plan_without_mx(const std::string& domain, DnsStatus a, DnsStatus aaaa) {
    if (a == DnsStatus::Found || aaaa == DnsStatus::Found) {
        MxPlan plan;
        plan.kind = MxPlan::Kind::Targets;
        plan.site.targets.push_back({0, domain});
        plan.site.name = site_name(plan.site.targets);
        return plan;
    }
    for (const DnsStatus status : {a, aaaa}) {
        if (status == DnsStatus::Failed || status == DnsStatus::Bogus) {
            return unsettled(domain, status, "");
        }
    }
    return MxPlan::refused(
        fmt::format("550 5.4.4 {} has neither a mail server nor an address", domain));
}

std::string site_name(const std::vector<MxTarget>& targets) {
    if (targets.empty()) {
        return {};
    }
    const std::string& first = targets.front().host;
    if (targets.size() == 1) {
        return first;
    }
    // What makes a site: the hosts and their order, not the numbers that express it.
    std::string canonical;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const bool equal = i > 0 && targets[i].preference == targets[i - 1].preference;
        canonical += equal ? "," : ";";
        canonical += targets[i].host;
    }
    constexpr std::size_t kHashBytes = 10;
    const std::string hash = base32_encode(sha256(canonical).substr(0, kHashBytes));
    return fmt::format("{}+{}~{}", first, targets.size() - 1, hash);
}

std::vector<MxTarget> shuffled(std::vector<MxTarget> targets, Random& random) {
    std::sort(targets.begin(), targets.end(), by_rank);
    std::size_t from = 0;
    for (std::size_t i = 1; i < targets.size(); ++i) {
        if (targets[i].preference != targets[from].preference) {
            from = i;
        }
        // Fisher and Yates, grown from the front: each order of the equal ones is as likely.
        std::swap(targets[i], targets[from + random.below(i - from + 1)]);
    }
    return targets;
}

}  // namespace tocsin::model
