// What the tables of alerts and mails hold of one reader, for whoever asks to see it all
// (audience/readers.cpp). The rest of a reader's record is read with subscribers.h, terms.h,
// consent.h and suppression.h. Reads only. Store thread only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

// The newsroom's word about the reader (signup_readers.h); usually empty.
std::string tag_of(Database& db, SubscriberId subscriber);

enum class Recorded {
    Muted,     // stories; `at` is since when
    Held,      // wait for the digest of `at`
    InDigest,  // a digest brought them at `at`
    Counted,   // went at once on the day `at` of the reader's zone, which has a limit
};
struct RecordedAlert {
    AlertId alert;
    ListId list;  // not valid: it is not kept
    Time at;
};
// The newest first, at most kRecordedMax.
inline constexpr int kRecordedMax = 10'000;
std::vector<RecordedAlert> recorded_alerts(Database& db, SubscriberId subscriber, Recorded what);

struct RecordedMail {
    OutboxId id;
    std::string state;
    Time created_at;
    std::optional<Time> done_at;
};
// The service's own mails to the address, the newest first, at most kRecordedMax.
std::vector<RecordedMail> recorded_mails(Database& db, std::string_view address);

}  // namespace tocsin::store
