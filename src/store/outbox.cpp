#include "store/outbox.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "store/dialect.h"
#include "store/nodes.h"
#include "store/signals.h"
#include "store/terms.h"

namespace tocsin::store {

namespace {

constexpr int kPurgeRows = 50'000;  // an hour's; others wait for the writer meanwhile

std::string_view state_of(OutboxOutcome outcome) {
    switch (outcome) {
        case OutboxOutcome::Sent:
            return "sent";
        case OutboxOutcome::Failed:
            return "failed";
        case OutboxOutcome::Expired:
            return "expired";
        case OutboxOutcome::Unknown:
            return "unknown";
    }
    return "";
}

// A server's reply as text that every engine keeps: bytes that are no UTF-8 become "?".
std::string as_text(std::string_view reply) {
    std::string text(reply);
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = 1;
        while (length <= 4 && at + length <= text.size() &&
               !is_utf8(std::string_view(text).substr(at, length))) {
            ++length;
        }
        if (length > 4 || at + length > text.size() || text[at] == '\0') {
            text[at] = '?';
            length = 1;
        }
        at += length;
    }
    return text;
}

}  // namespace

OutboxId insert_outbox(Database& db, const NewOutboxMail& mail) {
    db.signal(topic::kOutbox, 0);
    return OutboxId(
        db.first("INSERT INTO outbox (mail_from, rcpt_to, smtputf8, message, state, attempts, "
                 "next_at, not_after, reply, created_at, subscriber_id) "
                 "VALUES ($1, $2, $3, $4, 'queued', 0, $7, $6, '', $5, $8) RETURNING id",
                 {mail.mail_from, mail.rcpt_to, mail.smtputf8, Blob{mail.message}, mail.now,
                  mail.not_after, mail.not_before,
                  mail.digest_of.valid() ? mail.digest_of.value() : std::int64_t{0}})
            ->integer(0));
}

namespace {

// Those for which `which` holds; two statements, so that neither sorts what is in the other.
void claim_some(Database& db, const OutboxClaim& claim, std::string_view which, int limit,
                std::vector<OutboxMail>& out) {
    for (const Row& row :
         db.query(fmt::format("WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE "
                              "state = 'queued' AND next_at <= $1 AND not_after > $1 AND {} "
                              "ORDER BY next_at, id LIMIT $3{}) "
                              "UPDATE outbox SET attempts = attempts + 1, next_at = $2, "
                              "node_id = $4 WHERE id IN (SELECT id FROM due) "
                              "RETURNING id, mail_from, rcpt_to, smtputf8, message, attempts, "
                              "not_after, created_at, subscriber_id",
                              which, skip_locked(db.engine())),
                  {claim.now, claim.until, limit, claim.node})) {
        OutboxMail mail;
        mail.id = OutboxId(row.integer(0));
        mail.mail_from = row.text(1);
        mail.rcpt_to = row.text(2);
        mail.smtputf8 = row.boolean(3);
        mail.message = row.blob(4);
        mail.attempts = row.integer(5);
        mail.not_after = row.time(6);
        mail.created_at = row.time(7);
        mail.digest_of = SubscriberId(row.integer(8));
        out.push_back(std::move(mail));
    }
}

}  // namespace

std::vector<OutboxMail> claim_outbox(Database& db, const OutboxClaim& claim, int limit) {
    std::vector<OutboxMail> out;
    claim_some(db, claim, "subscriber_id = 0", limit, out);
    const int rest = limit - static_cast<int>(out.size());
    if (rest > 0 && claim.digests == Digests::Take) {
        claim_some(db, claim, "subscriber_id <> 0", rest, out);
    }
    // RETURNING promises no order.
    std::ranges::sort(
        out, {}, [](const OutboxMail& mail) { return std::pair(mail.digest_of.valid(), mail.id); });
    return out;
}

namespace {

// Claimed by a node that was last seen before $1 and is not $2.
constexpr std::string_view kOrphaned =
    "state = 'queued' AND node_id <> $2 AND node_id IN (SELECT id FROM node WHERE seen_at <= $1)";

// Asked first: mostly nobody is missing, and then a long queue need not be looked through.
bool is_anyone_silent(Database& db, const std::string& own, Time now) {
    return db
        .first("SELECT 1 FROM node WHERE seen_at <= $1 AND id <> $2 LIMIT 1",
               {now - kNodeSilence, own})
        .has_value();
}

}  // namespace

void free_orphaned_outbox(Database& db, const std::string& own, Time now) {
    if (is_anyone_silent(db, own, now)) {
        db.execute("UPDATE outbox SET next_at = $3, node_id = '', maybe_sent = 1 WHERE " +
                       std::string(kOrphaned),
                   {now - kNodeSilence, own, now});
    }
}

bool has_orphaned_outbox(Database& db, const std::string& own, Time now) {
    return is_anyone_silent(db, own, now) &&
           db.first("SELECT 1 FROM outbox WHERE " + std::string(kOrphaned) + " LIMIT 1",
                    {now - kNodeSilence, own})
               .has_value();
}

void free_outbox_claims(Database& db, const std::string& node) {
    db.execute(
        "UPDATE outbox SET next_at = 0, node_id = '', maybe_sent = 1 WHERE state = 'queued' AND "
        "node_id = $1",
        {node});
}

void free_outbox_claim(Database& db, const std::string& node, Time until, Time now) {
    db.execute(
        "UPDATE outbox SET next_at = $3, node_id = '' "
        "WHERE state = 'queued' AND node_id = $1 AND next_at = $2",
        {node, until, now});
}

void defer_outbox(Database& db, OutboxId id, Time next_at, std::string_view reply,
                  OutboxAttempt attempt) {
    db.execute(
        "UPDATE outbox SET next_at = $2, reply = $3, attempts = attempts - $4, node_id = '', "
        "maybe_sent = CASE WHEN $5 = 1 THEN 1 ELSE maybe_sent END "
        "WHERE id = $1 AND state = 'queued'",
        {id, next_at, as_text(reply), attempt == OutboxAttempt::DoesNotCount ? 1 : 0,
         attempt == OutboxAttempt::MaybeSent ? 1 : 0});
}

void finish_outbox(Database& db, OutboxId id, OutboxOutcome outcome, std::string_view reply,
                   Time now) {
    db.execute(
        "UPDATE outbox SET state = $2, reply = $3, done_at = $4, message = $5 "
        "WHERE id = $1 AND state = 'queued'",
        {id, state_of(outcome), as_text(reply), now, Blob{}});
}

std::int64_t expire_outbox(Database& db, Time now) {
    return_expired_digests(db, now);
    return db.execute(
        "UPDATE outbox SET state = 'expired', done_at = $1, message = $2 "
        "WHERE state = 'queued' AND not_after <= $1 AND node_id = ''",
        {now, Blob{}});
}

std::optional<Time> next_outbox_due(Database& db) {
    return db.first("SELECT MIN(next_at) FROM outbox WHERE state = 'queued'")->maybe_time(0);
}

std::int64_t count_outbox_queued(Database& db) {
    return db.first("SELECT COUNT(*) FROM outbox WHERE state = 'queued'")->integer(0);
}

std::int64_t purge_outbox(Database& db, Time before) {
    return db.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state <> 'queued' AND "
        "done_at < $1 ORDER BY done_at LIMIT $2)",
        {before, kPurgeRows});
}

void delete_outbox_to(Database& db, std::string_view rcpt_to) {
    db.execute("DELETE FROM outbox WHERE rcpt_to = $1", {rcpt_to});
}

}  // namespace tocsin::store
