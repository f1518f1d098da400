// Slows down guessing of passwords without letting a stranger lock anybody out.
//
// Wrong passwords are counted for a pair of a name and a network, and each pair waits longer after
// every few of them. A browser that signed in as that name before carries a device cookie and is
// counted by itself, so that a stranger behind the same proxy cannot use up the person's tries
// (OWASP: device cookies). One-time links and sessions are not counted at all.
//
// The counts are in the database (store/pace.h), so that every machine knows them; the key of one
// is an HMAC, so that nobody reads there who signs in from where. Plain functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/pace.h"

namespace tocsin::web {

// Limited, with the seconds to wait, if this pair has to wait.
Status may_try(const store::Tries& tries, Time now);
// The count with one more wrong password.
store::Tries after_failure(store::Tries tries, Time now);
// In the transaction that notes the failure.
void record_failure(store::Database& db, const std::string& key, Time now);

// The network of a numeric address: IPv4 /24, IPv6 /64. What is no address is its own network.
std::string network_of(std::string_view address);

}  // namespace tocsin::web
