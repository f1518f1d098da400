// MxPlan: from what the DNS says about a domain to the servers that take its mail.
//
// RFC 5321 section 5.1, RFC 7505 (null MX) and RFC 3463's codes, as plain functions: answers in, a
// plan out. Who asks the DNS, caches and waits is net/mx_resolver.h.
//
//   MX answer     what is in it                      plan
//   Found         usable hosts                       Targets, best preference first
//                 only "."                           Refused 5.1.10: the domain accepts no mail
//                 only IP addresses and such         Refused 5.4.4
//   NoData        -                                  AskAddresses: the domain itself, if it has any
//   NoName        -                                  Refused 5.1.2: no such domain
//   Failed, Bogus -                                  Later 4.4.3
//
// A **site** is the set of servers that a domain's MX records name. Domains with the same servers
// in the same order of preference are one site: one pool of connections, one set of limits. Its
// name must not be forgeable, since routes are looked up by it: who could make another set of
// servers with Gmail's name would get Gmail's mail. So it is the host if there is one, else
// "first-host+N~hash" with 80 bits of SHA-256 over all of them.
//
// Owner: plain values. Any thread. Failure: none; bad records are left out.
// Not here: our own host among the targets (a mail loop), DANE, MTA-STS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace tocsin::model {

// What a question to the DNS came to.
enum class DnsStatus {
    Found,
    NoData,  // the name exists, without records of this type
    NoName,  // NXDOMAIN
    Failed,  // SERVFAIL, REFUSED, no answer in time
    Bogus,   // DNSSEC says that the answer is forged or the zone is broken
};

struct MxTarget {
    std::uint16_t preference = 0;  // lower is better
    std::string host;              // A-labels, lower case, no dot at the end

    friend bool operator==(const MxTarget&, const MxTarget&) = default;
};

struct Site {
    std::string name;
    std::vector<MxTarget> targets;  // by preference, then by name; each host once

    friend bool operator==(const Site&, const Site&) = default;
};

struct MxPlan {
    enum class Kind {
        Targets,       // `site` has them
        AskAddresses,  // no MX: ask for A and AAAA of the domain, then plan_without_mx()
        Refused,       // for good
        Later,
    };
    Kind kind = Kind::Later;
    Site site;
    std::string reason;  // one line with an SMTP code, if Refused or Later

    static MxPlan refused(std::string reason) { return {Kind::Refused, {}, std::move(reason)}; }
    static MxPlan later(std::string reason) { return {Kind::Later, {}, std::move(reason)}; }
};

// More targets than this are left out, the worst first: nobody needs them, and a forged answer
// with thousands costs nothing.
inline constexpr std::size_t kMxTargetsMax = 16;

// `domain` is A-labels in lower case. `records` in any order, as the DNS had them ("." for null
// MX). `why` is the resolver's word on Failed and Bogus.
MxPlan plan_mx(const std::string& domain, DnsStatus status, std::vector<MxTarget> records,
               std::string_view why);

// The domain has no MX: its own addresses count (RFC 5321 section 5.1).
MxPlan plan_without_mx(const std::string& domain, DnsStatus a, DnsStatus aaaa);

// "MX.Example.NET." -> "mx.example.net"; empty if it is no host name (an IP address, one label of
// nothing, bytes that no host name has).
std::string normal_host(std::string_view text);

// The name of a site with these targets (sorted as in Site).
std::string site_name(const std::vector<MxTarget>& targets);

// The order in which one session tries them: by preference, equal ones by chance.
std::vector<MxTarget> shuffled(std::vector<MxTarget> targets, Random& random);

}  // namespace tocsin::model
