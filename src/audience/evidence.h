// Evidence into consent events, and the few other things that every act of a reader shares.
// Inside audience only. Plain functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audience/audience_types.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "mail/address.h"
#include "model/consent.h"
#include "store/consent.h"
#include "store/subscribers.h"

namespace tocsin::audience {

inline constexpr std::size_t kSaltBytes = 32;
inline constexpr std::size_t kSubjectRandomBytes = 10;
inline constexpr std::chrono::hours kManageLinkLife{24};
inline constexpr int kConsentOfReaderMax = 10'000;  // a reader who acts twice a day for 13 years
// In a Manage token's place for an alert: it comes from a page, not from a mail.
inline constexpr std::uint64_t kNotMailed = ~std::uint64_t{0};
inline constexpr std::string_view kMarketing = "marketing";

// Ready to be stored: cut to the limits, and the pages' addresses without what might name somebody.
// Invalid: the wording is over its limit. Inside Audience, use its member of the same name.
Result<Evidence> checked(Evidence evidence);

// What happened, when, by the evidence. Wording is kept only where the reader was shown some.
store::NewConsent consent_event(model::ConsentType type, const store::NewSubscriber& reader,
                                const Evidence& evidence, Time now);

// Of a mail that was composed here, without <>; empty: it has none.
std::string message_id_of(std::string_view message);

// A reader's name in tokens and consent events, 16 bytes: the millisecond, then kSubjectRandomBytes
// of chance. It is no secret (tokens are signed). Beginning with the time, the readers of an import
// lie side by side in the indexes: with random names, each chunk would rewrite most of their pages.
std::string new_subject(Time now, std::string_view chance);

// The address that a mail goes to: a known reader's (`stored`; empty: not known) as it is stored,
// so that erasing finds all that went to it. Another spelling names the same reader.
mail::Address as_known(const mail::Address& typed, const std::string& stored);

// The answer to a token that was good once: the reader or the request behind it is gone.
Error dead_link();

}  // namespace tocsin::audience
