// Shaping: how fast Tocsin may send to whom, and what servers' replies mean, as one set of rules.
//
// The rules that ship (web/shaping.toml) know the big providers; an operator's shaping.toml comes
// before them. A *site* rule is for recipients' servers, found by the names of their MX hosts or by
// domain; a *smarthost* rule is for a relay, found by its name. All servers under one rule share
// its limits: the rule's name is their group ("Google" is gmail.com and every domain it hosts).
//
// In shaping.toml (docs/SHAPING.md explains it; unknown keys are refused):
//
//   [default]                          # of sites that no rule names; each site for itself
//   connections             = 10
//   messages_per_connection = 100      # 0: no limit
//   per_second              = 100      # messages; 0: no limit
//   tls                     = "opportunistic"   # or "required"
//
//   [[site]]                           # keys left out: of the shipped rule of the same name, or
//   name        = "Google"             # else of [default]
//   mx          = ["*.google.com"]     # all of the site's hosts; * stands for any letters
//   domains     = ["gmail.com"]        # or exactly one of these
//   connections = 5
//
//   [[smarthost]]                      # keys left out: no limit; TLS is of the relay's URL
//   name        = "Amazon SES"
//   host        = ["email-smtp.*.amazonaws.com"]
//   per_second  = 14
//
//   [[reply]]                          # model/reply_rules.h
//   site   = "Google"
//   match  = '^421 4\.7\.28'
//   action = "throttle"
//
// Pure. Immutable once made; copies share it; any thread. Failure: Invalid, one line that names
// file, line and key.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/pace.h"
#include "model/reply_rules.h"

namespace tocsin::model {

enum class TlsPolicy {
    Opportunistic,  // STARTTLS where it is offered; in clear where it fails
    Required,       // never in clear
};

struct RouteShape {
    std::string group;  // whose limits these are: a rule's name, or the site or host itself
    RouteLimits limits;
    TlsPolicy tls = TlsPolicy::Opportunistic;  // of a smarthost its URL decides instead

    friend bool operator==(const RouteShape&, const RouteShape&) = default;
};

// More than anybody allows. A smarthost without a rule has this many connections and no other
// limit: `delivery.connections_max` decides.
inline constexpr std::size_t kShapeConnectionsMax = 1000;

class Shaping {
  public:
    // The rules that ship.
    static Shaping shipped();
    // Their text, for an operator to copy from.
    static std::string_view shipped_text();
    // An operator's rules before the shipped ones. `file` only names it.
    static Result<Shaping> parse(std::string_view operator_toml,
                                 std::string_view file = "shaping.toml");

    // For mail to `domain`, which the site serves. Hosts and domain in lower case, without a dot at
    // the end. The first rule that knows all the hosts, or the domain, decides.
    RouteShape site(std::string_view site_name, const std::vector<std::string>& mx_hosts,
                    std::string_view domain) const;
    RouteShape smarthost(std::string_view host) const;
    const ReplyRules& replies() const;

  private:
    struct Rules;
    explicit Shaping(std::shared_ptr<const Rules> rules);
    std::shared_ptr<const Rules> rules_;
};

}  // namespace tocsin::model
