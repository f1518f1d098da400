// Whether a sign-up is taken at this moment: the limits of model/signup_limits.h, kept for each
// network address (IPv4 /32, IPv6 /64), each network (/24, /48), each mail domain that is no large
// provider, and the whole service.
//
// The budget that protects a victim is audience's (one confirmation mail an address a day); these
// keep the box from being a nuisance to a network, to a domain and to ourselves. Addresses that are
// not public (a proxy in front that is not named in [http] trusted_proxies, the machine itself) are
// not limited: they would stand for everybody.
//
// The buckets are in the database (store/pace.h), so that it does not matter which machine a
// request reaches; they are keyed by HMACs, so that no network and no domain can be read there.
// Thread: any.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/token.h"
#include "model/signup_limits.h"
#include "store/database.h"

namespace tocsin::web {

// Who signs up, as far as limits go.
struct SignupSource {
    std::string peer;    // numeric address, or empty
    std::string domain;  // of the mail address; empty or a large provider's: not limited
    model::SignupTrust trust = model::SignupTrust::Bare;
    model::CanProve can_prove = model::CanProve::No;
    std::string proof_nonce;  // Proven: used up by this sign-up
    Time proof_expires{};
};

class SignupPace {
  public:
    // `ring` must outlive this.
    SignupPace(const mail::KeyRing& ring, const model::SignupLimits& limits)
        : ring_(ring), limits_(limits) {}

    // For audience::SignupRequest::admit, in the sign-up's own transaction. Limited: refused, or
    // the proof has been used before.
    std::function<Result<model::SignupVerdict>(store::Database&)> admission(SignupSource source,
                                                                            Time now) const;

  private:
    std::string key(std::string_view kind, std::string_view what) const;

    const mail::KeyRing& ring_;
    model::SignupLimits limits_;
};

// "192.0.2.7" and "192.0.2", or "2001:0db8:0001:0002" and "2001:0db8:0001"; nullopt for any text
// that is not a public address.
struct PublicNetwork {
    std::string address;  // IPv4 /32, IPv6 /64
    std::string network;  // IPv4 /24, IPv6 /48

    friend bool operator==(const PublicNetwork&, const PublicNetwork&) = default;
};
std::optional<PublicNetwork> public_network(std::string_view peer);

}  // namespace tocsin::web
