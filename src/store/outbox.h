// Verbs of the outbox: mails to single readers on their way: transactional ones (confirmations,
// preference links) and, behind all others, digests. Store thread only.
//
// A mail is claimed for a time by a node (nodes.h), sent, and then finished or deferred. After a
// crash the claim runs out, or is freed sooner, and the mail is sent again, byte for byte the same.
// What is finished keeps its line, without the message, until it is purged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

struct NewOutboxMail {
    std::string mail_from;
    std::string rcpt_to;
    bool smtputf8 = false;
    std::string message;  // complete RFC 5322 message, CRLF, unsigned
    Time now;
    Time not_after;
    Time not_before{};         // waits until then; the epoch: leaves at once
    SubscriberId digest_of{};  // whose digest it is; not valid: it is transactional
};

struct OutboxMail {
    OutboxId id;
    std::string mail_from;
    std::string rcpt_to;
    bool smtputf8 = false;
    std::string message;
    std::int64_t attempts = 0;  // with this one
    Time not_after;
    Time created_at;
    SubscriberId digest_of{};  // as in NewOutboxMail
};

enum class OutboxOutcome { Sent, Failed, Expired, Unknown };

OutboxId insert_outbox(Database& db, const NewOutboxMail& mail);

// Takes up to `limit` mails that are due, digests last; until `until` nobody else gets them.
enum class Digests { Leave, Take };
struct OutboxClaim {
    std::string node;
    Time now{};
    Time until{};
    Digests digests = Digests::Take;
};
std::vector<OutboxMail> claim_outbox(Database& db, const OutboxClaim& claim, int limit);
// Makes what a node that is dead had claimed due again; whether there is any. `own` is who asks,
// which is alive whatever the register says.
void free_orphaned_outbox(Database& db, const std::string& own, Time now);
bool has_orphaned_outbox(Database& db, const std::string& own, Time now);
// All claims of a node that has ended.
void free_outbox_claims(Database& db, const std::string& node);
// The same for one claim of a living node whose answer never came.
void free_outbox_claim(Database& db, const std::string& node, Time until, Time now);

// Tries again at `next_at`. DoesNotCount: a throttled connection. MaybeSent: its reply was lost, so
// that it may have arrived.
enum class OutboxAttempt { Counts, DoesNotCount, MaybeSent };
void defer_outbox(Database& db, OutboxId id, Time next_at, std::string_view reply,
                  OutboxAttempt attempt = OutboxAttempt::Counts);

// The end of it. Forgets the message, so that the database keeps no mail that it need not.
void finish_outbox(Database& db, OutboxId id, OutboxOutcome outcome, std::string_view reply,
                   Time now);

// Ends as expired what is past its time and nobody has claimed; returns how many. Stories of
// digests of which nobody was told anything are due again (terms.h).
std::int64_t expire_outbox(Database& db, Time now);

// When the next mail is due; none: the outbox is empty.
std::optional<Time> next_outbox_due(Database& db);

// How many are waiting.
std::int64_t count_outbox_queued(Database& db);

// Deletes what was finished before `before`; returns how many.
std::int64_t purge_outbox(Database& db, Time before);

// Deletes everything to this address, waiting or finished (erasure).
void delete_outbox_to(Database& db, std::string_view rcpt_to);

}  // namespace tocsin::store
