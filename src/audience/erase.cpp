// Erasing a reader, and what keeps itself: requests that nobody confirmed, network addresses.
//
// What stays of an erased reader: the consent entries' hashes (without address and salts they name
// nobody), one more entry that says "erased", and the suppression HMAC, so that no import brings
// the address back.
#include "audience/audience.h"
#include "audience/evidence.h"
#include "base/log.h"
#include "store/consent_retention.h"
#include "store/consent_tree.h"
#include "store/outbox.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

constexpr std::chrono::hours kOutboxLinesLife{30 * 24};
constexpr int kUnconfirmedRows = 200;  // a step, in one transaction: each is several statements
constexpr int kOriginRows = 2'000;
constexpr int kTreeRows = 5'000;
// Steps of each kind in one run; what is left waits for the next hour.
constexpr int kStepsMax = 500;

// Nothing of the person goes into the entry that says that they are gone.
store::NewConsent erased_event(const store::NewSubscriber& reader, const Evidence& evidence,
                               Time now) {
    store::NewConsent event = consent_event(model::ConsentType::Erased, reader, evidence, now);
    event.detail = {};
    event.origin = {};
    return event;
}

Evidence by_rule(std::string_view rule) {
    Evidence evidence;
    evidence.method = model::ConsentMethod::Operator;
    evidence.actor = fmt::format("system:{}", rule);
    return evidence;
}

}  // namespace

Task<Status> Audience::erase_by_address(std::string address, Evidence evidence) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_address(std::move(address)));
    co_return co_await erase(reader.id, std::move(evidence));
}

Task<Status> Audience::erase_subscriber(std::string token, Evidence evidence) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_mailed_token(std::move(token)));
    co_return co_await erase(reader.id, std::move(evidence));
}

Task<Status> Audience::erase(SubscriberId id, Evidence given) {
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    auto commit = [this, id, evidence, now = clock_.now()](store::Database& db) -> Status {
        const auto reader = store::find_subscriber(db, id);
        if (!reader) {
            return dead_link();
        }
        if (hooks_.on_erase) {
            TRY(hooks_.on_erase(db, id, reader->address));
        }
        store::append_consent(db, {erased_event(*reader, evidence, now)});
        store::suppress(db, mail::suppression_hmac(keys_, reader->address_key), "erased", now);
        store::delete_reader(db, *reader);
        return {};
    };
    CO_TRY(co_await store_.write(std::move(commit)));
    tell_left(id, std::nullopt);
    co_await left_is_known();
    co_return co_await scrub_log();
}

// What was deleted is in the write-ahead log until it is emptied.
Task<Status> Audience::scrub_log() {
    auto scrub = [](store::Database& db) -> Status {
        db.truncate_log();
        return {};
    };
    co_return co_await store_.read(std::move(scrub));
}

Task<Status> Audience::tidy() {
    CO_TRY(co_await note_controller());
    auto pick = [before = clock_.now() - settings_.consent.keep_unconfirmed](store::Database& db) {
        return store::unconfirmed_readers(db, before, kUnconfirmedRows);
    };
    CO_TRY_AS(const std::int64_t forgotten,
              co_await forget_readers("unconfirmed", std::move(pick)));
    CO_TRY_AS(const std::int64_t origins, co_await forget_origins());
    auto purge = [now = clock_.now()](store::Database& db) -> Status {
        store::purge_outbox(db, now - kOutboxLinesLife);
        return {};
    };
    CO_TRY(co_await store_.write(std::move(purge)));
    if (forgotten + origins > 0) {
        log_info("retention: {} unconfirmed readers and {} network addresses were forgotten",
                 forgotten, origins);
        CO_TRY(co_await scrub_log());
    }
    CO_TRY(co_await grow_tree());
    co_return co_await checkpoint_if_due();
}

Task<Result<std::int64_t>> Audience::forget_unconfirmed_at(std::string domain) {
    auto pick = [domain = std::move(domain)](store::Database& db) {
        return store::unconfirmed_readers_at(db, domain, kUnconfirmedRows);
    };
    co_return co_await forget_readers("no_mail_domain", std::move(pick));
}

Task<Result<std::int64_t>> Audience::forget_readers(
    std::string rule, std::function<std::vector<store::SubscriberRow>(store::Database&)> pick) {
    std::int64_t forgotten = 0;
    for (int step = 0; step < kStepsMax; ++step) {
        auto forget = [this, rule, pick,
                       now = clock_.now()](store::Database& db) -> Result<std::int64_t> {
            const auto readers = pick(db);
            std::vector<store::NewConsent> events;
            for (const store::SubscriberRow& reader : readers) {
                events.push_back(erased_event(reader, by_rule(rule), now));
                if (hooks_.on_erase) {
                    TRY(hooks_.on_erase(db, reader.id, reader.address));
                }
                store::delete_reader(db, reader);
            }
            store::append_consent(db, events);
            return static_cast<std::int64_t>(readers.size());
        };
        CO_TRY_AS(const std::int64_t rows, co_await store_.write(std::move(forget)));
        forgotten += rows;
        if (rows < kUnconfirmedRows) {
            break;
        }
    }
    co_return forgotten;
}

Task<Result<std::int64_t>> Audience::forget_origins() {
    std::int64_t forgotten = 0;
    for (int step = 0; step < kStepsMax; ++step) {
        auto forget = [before = clock_.now() - settings_.consent.keep_origin](
                          store::Database& db) -> Result<std::int64_t> {
            return store::forget_consent_origins(db, before, kOriginRows);
        };
        CO_TRY_AS(const std::int64_t rows, co_await store_.write(std::move(forget)));
        forgotten += rows;
        if (rows < kOriginRows) {
            break;
        }
    }
    co_return forgotten;
}

// To its end: nothing can be proved before.
Task<Status> Audience::grow_tree() {
    for (std::int64_t missing = 1; missing > 0;) {
        auto grow = [](store::Database& db) { return store::grow_consent_tree(db, kTreeRows); };
        CO_TRY_AS(missing, co_await store_.write(std::move(grow)));
    }
    co_return Status();
}

}  // namespace tocsin::audience
