// The reader's own terms: which alerts come at once, which wait, which never come.
//
//   occasion                    pace "every"   "biggest"            "digest"
//   correction, retraction      now            now                  now       (whatever else is
//   said) update of a muted story     never          never                never alert or update,
//   major      now *          now *                with the next digest alert or update, normal now
//   *          never                with the next digest
//
//   *  in the reader's quiet hours: with the digest at their end; more than `daily_max` on the
//      reader's day: with the next digest. A digest hour in quiet hours is their end.
//
// Who has several of the alert's lists gets what the most generous of them gives, once. What waits
// is put together into one mail, a digest. Corrections wait for nothing: they undo what was read.
//
// Every decision is about the moment of the release, so that it comes out the same however often it
// is made. Plain values and functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/alert.h"
#include "model/zone.h"

namespace tocsin::model {

// How much of a list a reader wants at once.
enum class Frequency { Every, Biggest, Digest };
std::string_view to_string(Frequency frequency);  // "every", "biggest", "digest": stored
std::optional<Frequency> parse_frequency(std::string_view text);
// Of the lists that bring a reader the same alert: what is wanted of any of them.
class Frequencies {
  public:
    void add(Frequency frequency);
    // The most generous for an alert of this priority: now, else with the digest, else never.
    Frequency most_generous(Priority priority) const;

  private:
    bool every_ = false;
    bool biggest_ = false;
    bool digest_ = false;
};

// From `from` until `to` (minutes of the day); over midnight where `to` is smaller. Never equal.
struct QuietHours {
    int from = 22 * 60;
    int to = 7 * 60;

    friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

inline constexpr int kDigestMinuteDefault = 7 * 60;
inline constexpr int kDailyMaxMax = 50;

struct ReaderTerms {
    std::string zone = "UTC";                  // IANA
    int daily_max = 0;                         // alerts at once on one day of the zone; 0: no limit
    int digest_minute = kDigestMinuteDefault;  // of the day
    std::optional<QuietHours> quiet;

    friend bool operator==(const ReaderTerms&, const ReaderTerms&) = default;
};
// Invalid, with a sentence: a zone that nobody knows, minutes that no day has, equal hours.
Status check_terms(const ReaderTerms& terms);

enum class Held {
    No,
    NotBiggest,  // never comes
    Muted,       // never comes
    Digest,      // the rest: with a digest
    Quiet,
    DailyMax,
};
// For the ledger: "held back: quiet hours".
std::string_view to_string(Held held);

// What is released, when, and what of it concerns this reader.
struct Occasion {
    AlertKind kind = AlertKind::Alert;
    Priority priority = Priority::Normal;
    Time released_at{};
    Frequency frequency = Frequency::Every;
    bool muted = false;  // the reader muted its story
    int sent_today = 0;  // other alerts that went to the reader at once on this day
};

struct Verdict {
    Held held = Held::No;
    std::optional<Time> due;  // with the digest of this moment; none: now, or never
};
// `zone` is that of the terms.
Verdict decide(const ReaderTerms& terms, const Zone& zone, const Occasion& occasion);

// The first moment after `after` at which the reader's clock says so many minutes of the day.
Time next_at(const Zone& zone, int minute, Time after);

// "07:30" <-> 450, as forms and JSON have it.
std::string minute_text(int minute);
std::optional<int> parse_minute(std::string_view text);

}  // namespace tocsin::model
