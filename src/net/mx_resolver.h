// MxResolver: which servers take a domain's mail, and their addresses. Asks the DNS, remembers.
//
//   site_of("example.com")   ->  Found: the site (name, targets by preference)
//                                Refused: for good (no such domain, null MX, no address anywhere)
//                                Later: the DNS did not say
//   addresses("mx.example.com", 25)  ->  every address, IPv6 and IPv4
//
// Rules: model/mx_plan.h. Both are cached by TTL within bounds (limits.h), refusals by the SOA's
// negative TTL, failures for seconds. One resolution of a name is under way at a time, however
// many ask, and at most `lookups_max` questions are; others wait their turn. A Found that has
// expired still serves for `stale_time` if asking again fails: a dead resolver does not stop mail
// to domains that were known a minute ago. (A refusal never does: it would be for good.)
//
// Why a host is asked for before a site is Found: a domain whose servers have no (public) address
// can never get mail, and the operator should read that in the ledger at once, not "expired" in two
// hours. The first usable host of the best preference is enough, and the session needs it anyway.
//
// Owner: the service; one for all workers. To be destroyed when the workers' sessions have ended
// and its io_context has stopped running (or on its thread); the io_context is destroyed later.
// Thread: **any**. site_of() and addresses() may be awaited on any executor, and resume there. The
// DNS work itself happens on the io_context given to start(), which some thread must run. A cached
// answer costs a mutex and no hop. A cancelled wait ends at once (site_of: Later "cancelled").
// Failure: never throws; what cannot be resolved is Later or an Error, with the reason.
// Knowingly not: DNSSEC unless `trust_anchor_file` is set (a forwarder that strips signatures would
// make every signed domain bogus); /etc/hosts; our own addresses among the targets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "model/mx_plan.h"

namespace tocsin::net {

using model::MxTarget;
using model::Site;

struct SiteAnswer {
    enum class Kind {
        Found,
        Refused,  // for good: null MX, no such domain, servers without an address
        Later,    // SERVFAIL, no answer in time, bogus
    };
    Kind kind = Kind::Later;
    Site site;
    // One line with codes, e.g. "556 5.1.10 example.com accepts no mail (null MX)".
    std::string reason;
    // Ask again after this: keep no copy of the answer for longer.
    SteadyTime valid_until{};
};

struct DnsOptions {
    // Mail to loopback, private, link-local and other addresses that are not of the internet:
    // a stranger's MX record must not make us talk to our own machines.
    enum class PrivateTargets { Refuse, Allow };

    std::string server = {};  // "127.0.0.1@5353", "9.9.9.9"; empty: the system's (/etc/resolv.conf)
    PrivateTargets private_targets = PrivateTargets::Refuse;
    Milliseconds lookup_time{15'000};  // one question; then it failed
    std::size_t lookups_max = 128;     // questions at once
    Seconds stale_time{24 * 3'600};
    // DNSSEC: the root's key ("/usr/share/dns/root.key"), which turns validation on. For DANE.
    std::string trust_anchor_file = {};
};

class DnsSource;  // net/dns.h: who asks; tests have their own

class MxResolver {
  public:
    // Invalid if `server` is not understood or the system's settings cannot be read.
    static Result<std::unique_ptr<MxResolver>> start(boost::asio::io_context& io,
                                                     const Clock& clock, DnsOptions options);
    MxResolver(boost::asio::io_context& io, const Clock& clock, DnsOptions options,
               std::unique_ptr<DnsSource> source);
    ~MxResolver();
    MxResolver(const MxResolver&) = delete;
    MxResolver& operator=(const MxResolver&) = delete;

    // `domain` as an address has it (A-labels); U-labels are converted.
    Task<SiteAnswer> site_of(std::string domain);

    // The answer if it is known and valid now; nothing is asked. For the claim of partitions.
    std::optional<SiteAnswer> known_site_of(const std::string& domain) const;

    // IPv6 and IPv4, in an order that alternates and starts with IPv6; never empty if it succeeds.
    // NotFound: the host has no address that may be used. Unavailable: ask again later.
    // A numeric host is taken as it is, subject to `private_targets`.
    Task<Result<std::vector<boost::asio::ip::tcp::endpoint>>> addresses(std::string host,
                                                                        std::uint16_t port);

    struct Stats {
        std::uint64_t questions = 0;     // asked of the DNS
        std::uint64_t cache_hits = 0;    // answered from memory
        std::uint64_t stale_served = 0;  // an expired answer, because asking failed
        std::size_t entries = 0;
        std::size_t in_flight = 0;
    };
    Stats stats() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

// For people: what mail to this domain would do. Several lines, e.g.
//   example.com: 2 servers, site mx1.example.net+1~k3j5h2g7d8s9a0q1, asks again in 300 s
//     10 mx1.example.net  192.0.2.1 2001:db8::1
//     20 mx2.example.net  no address
Task<std::string> describe_site(MxResolver& resolver, const Clock& clock, std::string domain);

}  // namespace tocsin::net
