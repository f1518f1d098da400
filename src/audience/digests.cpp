// Digests: what was held back for a reader (delivery/reader_terms.h), in one mail when it is due.
//
// What is said is decided in the transaction that puts the mail into the outbox: a story that was
// retracted, or stopped and not corrected, is left out; one that was corrected says what the
// correction says; of a story and its updates only the newest is there. From then on the mail can
// be taken back (store/terms.h) until it leaves: when a reader leaves, or a story is corrected.
#include <algorithm>
#include <map>

#include "audience/audience.h"
#include "audience/evidence.h"
#include "base/log.h"
#include "mail/digest_mail.h"
#include "model/zone.h"
#include "store/alerts.h"
#include "store/suppression.h"
#include "store/terms.h"

namespace tocsin::audience {

namespace {

constexpr int kReadersAtOnce = 50;             // a transaction's
constexpr std::int64_t kQueuedMax = 2'000;     // composed and not sent; then the others wait
constexpr std::chrono::hours kDigestLife{12};  // a morning's news is none in the evening
constexpr std::size_t kStoriesMax = 15;        // with them a mail stays below 30 KB
constexpr std::size_t kSummaryBytesMax = 280;
constexpr std::size_t kCorrectionsMax = 16;

// What a digest says of an alert; nothing: it says nothing.
struct Story {
    store::HeldAlert held;
    AlertId story;
    store::FullAlert alert;  // the last correction, where there is one
    Time released_at;
    std::vector<AlertId> told = {};  // the alert, and its corrections up to that one
};

std::optional<Story> story_of_alert(store::Database& db, const store::HeldAlert& held) {
    auto alert = store::find_full_alert(db, held.alert);
    if (!alert || !alert->alert.released_at) {
        return std::nullopt;
    }
    const bool stopped = alert->alert.state == model::AlertState::Stopped;
    Story story{held, store::story_of(db, held.alert), *alert, *alert->alert.released_at};
    story.told.push_back(held.alert);
    for (bool corrected = true; corrected && story.told.size() < kCorrectionsMax;) {
        corrected = false;
        for (store::FullAlert& follower : store::list_followers(db, story.told.back())) {
            if (follower.content.kind == model::AlertKind::Correction) {
                story.alert = std::move(follower);
                corrected = true;
            }
        }
        if (corrected) {
            story.told.push_back(story.alert.alert.id);
        }
    }
    const bool said = !stopped || story.told.size() > 1;
    return said && !store::is_retracted(db, story.told.back()) ? std::optional(std::move(story))
                                                               : std::nullopt;
}

// At most so many bytes, cut between words.
std::string shortened(const std::string& text) {
    if (text.size() <= kSummaryBytesMax) {
        return text;
    }
    std::size_t end = text.rfind(' ', kSummaryBytesMax);
    if (end == std::string::npos) {
        end = kSummaryBytesMax;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
    }
    return text.substr(0, end) + " …";
}

// Of each story the newest, in the order of their release.
std::vector<Story> newest_of_each(std::vector<Story> stories) {
    std::ranges::sort(stories, {}, [](const Story& story) {
        return std::pair(story.released_at, story.alert.alert.id);
    });
    std::vector<Story> out;
    for (auto story = stories.rbegin(); story != stories.rend(); ++story) {
        const bool told = std::ranges::any_of(
            out, [&story](const Story& newer) { return newer.story == story->story; });
        if (!told && out.size() < kStoriesMax) {
            out.push_back(std::move(*story));
        }
    }
    std::ranges::reverse(out);
    return out;
}

// Whether the reader may still have it: some list of the alert, none that it leaves out, not muted.
bool is_wanted(store::Database& db, const store::SubscriberRow& reader, const Story& story) {
    const auto has = [&db, &reader](ListId list) {
        return store::subscription_state(db, reader.id, list) == model::SubscriptionState::Active;
    };
    const model::AlertContent& content = story.alert.content;
    const bool on_a_list = has(story.held.list) || std::ranges::any_of(content.lists, has);
    return on_a_list && std::ranges::none_of(content.exclude, has) &&
           store::muted_by(db, story.story, {reader.id}).empty();
}

model::Zone zone_of(store::Database& db, SubscriberId reader) {
    const auto terms = store::find_terms(db, reader);
    const Result<model::Zone> zone =
        terms ? model::Zone::find(terms->zone) : Result<model::Zone>(model::Zone::utc());
    return zone ? *zone : model::Zone::utc();
}

// "24 November 2026, 06:35" on the reader's clock.
std::string local_text(const mail::Catalog& catalog, std::string_view language,
                       const model::Zone& zone, Time time) {
    const model::LocalMinute local = zone.local(time);
    const Time on_the_wall =
        Time(std::chrono::days(local.day) + std::chrono::minutes(local.minute));
    return catalog.date_time(language, on_the_wall, "");
}

}  // namespace

// One reader's digest, if there is anything to say.
Result<bool> Audience::commit_digest(store::Database& db, SubscriberId subscriber, Time now) {
    const std::vector<store::HeldAlert> due = store::due_alerts(db, subscriber, now);
    store::forget_held(db, subscriber, due);
    const auto reader = store::find_subscriber(db, subscriber);
    if (!reader ||
        store::suppression_reason(db, mail::suppression_hmac(keys_, reader->address_key))) {
        return false;
    }
    std::vector<Story> stories;
    for (const store::HeldAlert& one : due) {
        auto story = story_of_alert(db, one);
        if (story && is_wanted(db, *reader, *story)) {
            stories.push_back(std::move(*story));
        }
    }
    stories = newest_of_each(std::move(stories));
    if (stories.empty()) {
        return false;
    }
    const model::Zone zone = zone_of(db, subscriber);
    mail::DigestMail digest;
    digest.language = reader->locale;
    digest.to_address = reader->address;
    digest.alerts_url = settings_.public_url + "/alerts";
    digest.date = now;
    digest.message_id = new_message_id();
    std::vector<store::HeldAlert> told;
    for (const Story& story : stories) {
        const std::string page = settings_.public_url + "/alerts/" + story.alert.alert.slug;
        digest.stories.push_back(
            {.headline = story.alert.content.headline,
             .summary = shortened(story.alert.content.summary),
             .url = story.alert.content.url.empty() ? page : story.alert.content.url,
             .when = local_text(templates_.catalog(), reader->locale, zone, story.released_at),
             .corrected = story.told.size() > 1});
        for (const AlertId alert : story.told) {
            told.push_back({reader->id, alert, story.held.list, now});
        }
    }
    mail::Token token;
    token.purpose = mail::TokenPurpose::Manage;
    token.subject = reader->subject;
    token.issued = now;
    digest.preferences_url = settings_.public_url + "/p/" + mail::seal_token(keys_, token);
    token.purpose = mail::TokenPurpose::Unsubscribe;
    digest.unsubscribe_url = settings_.public_url + "/u/" + mail::seal_token(keys_, token);

    store::NewOutboxMail out;
    TRY_AS(out.message, mail::compose_digest(templates_, settings_.sender, digest));
    out.mail_from = mail_from();
    out.rcpt_to = reader->address;
    out.smtputf8 = reader->smtputf8;
    out.now = now;
    out.not_after = now + kDigestLife;
    out.digest_of = reader->id;
    store::note_digest(db, told, store::insert_outbox(db, out), now);
    return true;
}

Task<Result<std::int64_t>> Audience::send_digests() {
    std::int64_t sent = 0;
    for (bool more = true; more;) {
        auto look = [now = clock_.now()](store::Database& db) -> Result<std::vector<SubscriberId>> {
            if (store::count_digests_queued(db) >= kQueuedMax) {
                return std::vector<SubscriberId>();
            }
            return store::due_digests(db, now, kReadersAtOnce);
        };
        CO_TRY_AS(std::vector<SubscriberId> readers, co_await store_.read(std::move(look)));
        more = !readers.empty();
        if (!more) {
            break;
        }
        auto commit = [this, readers = std::move(readers),
                       now = clock_.now()](store::Database& db) -> Result<std::int64_t> {
            std::int64_t composed = 0;
            for (const SubscriberId reader : readers) {
                const Result<bool> any = commit_digest(db, reader, now);
                if (!any) {  // theirs is lost, nobody else's
                    log_error("the digest of reader {} cannot be composed: {}", reader.value(),
                              any.error().message());
                }
                composed += any && *any ? 1 : 0;
            }
            return composed;
        };
        CO_TRY_AS(const std::int64_t composed, co_await store_.write(std::move(commit)));
        sent += composed;
        if (composed > 0) {
            tell_outbox();
        }
    }
    co_return sent;
}

}  // namespace tocsin::audience
