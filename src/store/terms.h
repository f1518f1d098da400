// Verbs of the reader's own terms (model/terms.h): what a reader has chosen, what of it was used
// up, and what waits for a digest. Store thread only.
//
// A reader who never chose anything has no row, and costs a release nothing. Everything here goes
// with the subscriber (subscribers.h, delete_subscriber).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "model/terms.h"
#include "store/database.h"

namespace tocsin::store {

// --- what the reader chose ---
std::optional<model::ReaderTerms> find_terms(Database& db, SubscriberId subscriber);
void set_terms(Database& db, SubscriberId subscriber, const model::ReaderTerms& terms);
// The columns zone, daily_max, digest_minute, quiet_from, quiet_to, in this order.
model::ReaderTerms read_terms(const Row& row, std::size_t first);
// Of an existing subscription. The reader must have terms: set_terms() first.
void set_frequency(Database& db, SubscriberId subscriber, ListId list, model::Frequency frequency);

// The alert that began what `alert` goes on with (an update, a correction).
AlertId story_of(Database& db, AlertId alert);
// Whether the alert, or one that it goes on with, was retracted after it was released.
bool is_retracted(Database& db, AlertId alert);
struct MutedStory {
    AlertId story;
    std::string headline;
    Time muted_at;
};
// The newest first, at most 100.
std::vector<MutedStory> muted_stories(Database& db, SubscriberId subscriber);
enum class Mute { On, Off };
void set_muted(Database& db, SubscriberId subscriber, AlertId story, Mute mute, Time now);

void forget_terms(Database& db, SubscriberId subscriber);

// --- sending an alert ---
// Makes whoever decides about those of these readers who have a limit at the same time wait until
// this transaction ends. At most kRecipientBlock.
void hold_terms(Database& db, const std::vector<SubscriberId>& subscribers);
// Those of them who muted the story.
std::vector<SubscriberId> muted_by(Database& db, AlertId story,
                                   const std::vector<SubscriberId>& subscribers);
// How many other alerts went to the reader at once on this day.
int sent_on(Database& db, SubscriberId subscriber, std::int64_t day, AlertId but);
void note_sent(Database& db, SubscriberId subscriber, std::int64_t day, AlertId alert);

struct HeldAlert {
    SubscriberId subscriber;
    AlertId alert;
    ListId list;
    Time due_at;
};
// What is held already, or was in a digest, stays as it is.
void hold_alerts(Database& db, const std::vector<HeldAlert>& held);
std::int64_t count_held(Database& db, AlertId alert);

// Forgets counts of days that are over everywhere, and what was in digests before a month; a
// bounded number.
void tidy_terms(Database& db, Time now);

// --- digests ---
// Readers for whom something is due, those who wait longest first.
std::vector<SubscriberId> due_digests(Database& db, Time now, int limit);
// What is due for the reader, in the order of its release.
std::vector<HeldAlert> due_alerts(Database& db, SubscriberId subscriber, Time now);
void forget_held(Database& db, SubscriberId subscriber, const std::vector<HeldAlert>& held);
// They are in the digest `outbox`; or, where it has no valid id, in none.
void note_digest(Database& db, const std::vector<HeldAlert>& stories, OutboxId outbox, Time now);
// Digests that wait in the outbox.
std::int64_t count_digests_queued(Database& db);
// Takes digests out of the outbox; their stories are due again at once. Those that somebody has
// claimed, or that may have arrived, are not tried again and count as read. Of a reader who left a
// list or is suppressed; with a story, or an update of it, that was corrected, retracted or
// stopped.
void take_back_digests_of(Database& db, SubscriberId subscriber, Time now);
void take_back_digests_with(Database& db, AlertId alert, Time now);
// Gives back a digest that was claimed and never handed to a connection: its stories are due again.
void return_digest(Database& db, OutboxId digest, Time now);
// The same for digests past their time that were never tried; a bounded number.
void return_expired_digests(Database& db, Time now);
// Whom a digest brought the story to, or may have: sorted by domain, then id.
struct DigestReader {
    SubscriberId subscriber;
    ListId list;
    std::string domain;
};
std::vector<DigestReader> digest_readers(Database& db, AlertId alert);

}  // namespace tocsin::store
