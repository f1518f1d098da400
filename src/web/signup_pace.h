// How many sign-ups one network may send: a bucket of tokens for each /24 (IPv4) or /48 (IPv6).
//
// The budget that protects a victim is audience's (one confirmation mail an address a day); this
// one keeps a single network from filling the database. Addresses that are not public (a proxy in
// front, the machine itself) are not limited: they would stand for everybody.
//
// The buckets are in the database (store/pace.h), so that it does not matter which machine a
// request reaches; they are keyed by an HMAC, so that no network can be read there. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "mail/token.h"
#include "store/database.h"

namespace tocsin::web {

class SignupPace {
  public:
    // `ring` must outlive this.
    explicit SignupPace(const mail::KeyRing& ring);
    // For audience::SignupRequest::admit: takes a token in the sign-up's own transaction, or
    // refuses it with Limited. Empty: this peer is not limited.
    std::function<Status(store::Database&)> admission(std::string_view peer, Time now) const;

  private:
    const mail::KeyRing& ring_;
};

// "192.0.2" or "2001:db8:1" for a public address; nullopt for any other text.
std::optional<std::string> public_network(std::string_view peer);

}  // namespace tocsin::web
