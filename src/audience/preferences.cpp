// The preferences page, by a Manage token: whoever holds one reads mail at the address, so joining
// a list here needs no second confirmation.
#include <algorithm>

#include "audience/audience.h"
#include "audience/budget.h"
#include "audience/evidence.h"
#include "base/bytes.h"
#include "base/log.h"
#include "model/subscription.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/suppression.h"
#include "store/terms.h"

namespace tocsin::audience {

namespace {

model::ReaderTerms terms_in(const std::string& zone) {
    model::ReaderTerms terms;
    terms.zone = zone;
    return terms;
}

PreferencesView view_of(store::Database& db, const store::SubscriberRow& reader,
                        const std::string& zone) {
    PreferencesView view;
    view.address = reader.address;
    view.locale = reader.locale;
    const auto subscriptions = store::subscriptions_of(db, reader.id);
    for (store::ListRow& list : store::all_lists(db)) {
        const auto row = std::ranges::find(subscriptions, list.id, &store::SubscriptionRow::list);
        const bool known = row != subscriptions.end();
        const bool subscribed = known && row->state == model::SubscriptionState::Active;
        view.lists.push_back({list.id, std::move(list.slug), std::move(list.name),
                              std::move(list.description), subscribed,
                              known ? row->frequency : model::Frequency::Every});
    }
    view.terms.zone = zone;
    if (auto terms = store::find_terms(db, reader.id)) {
        view.terms = std::move(*terms);
    }
    for (store::MutedStory& muted : store::muted_stories(db, reader.id)) {
        view.muted.push_back({muted.story, std::move(muted.headline)});
    }
    view.marketing =
        store::has_purpose(db, reader.id, kMarketing) ? Marketing::Granted : Marketing::Declined;
    return view;
}

// What a change did, for the hooks and the answer.
struct Change {
    store::SubscriberRow reader;
    PreferencesView view;
    std::vector<ListId> left;
};

// The whole wish; none: leave everything.
struct Wish {
    std::optional<PreferencesChange> change;
    Evidence evidence;
    std::string zone;  // of readers who have not chosen theirs
    Time now;
};

// One transaction's worth of changing a reader's preferences.
class Changing {
  public:
    Changing(store::Database& db, const store::SubscriberRow& reader, const Wish& wish)
        : db_(db), reader_(reader), evidence_(wish.evidence), zone_(wish.zone), now_(wish.now) {}

    void join(ListId list) {
        store::set_active(db_, reader_.id, list, now_);
        note(model::ConsentType::Changed).list = list;
    }
    void leave(ListId list) {
        store::set_left(db_, reader_.id, list, now_);
        note(model::ConsentType::Withdrawn).list = list;
        left_.push_back(list);
    }
    void set_marketing(Marketing wanted) {
        const bool grant = wanted == Marketing::Granted;
        if (store::has_purpose(db_, reader_.id, kMarketing) == grant) {
            return;
        }
        store::set_purpose(db_, reader_.id, kMarketing,
                           grant ? store::Grant::Give : store::Grant::TakeBack, now_);
        note(grant ? model::ConsentType::Changed : model::ConsentType::Withdrawn).purpose =
            model::ConsentPurpose::Marketing;
    }
    Change finish() {
        store::append_consent(db_, events_);
        const auto now = store::find_subscriber(db_, reader_.id);
        return {reader_, view_of(db_, now ? *now : reader_, zone_), std::move(left_)};
    }
    // How much, when and how many: no consent is given or taken back by it.
    void set_terms(const PreferencesChange& change) {
        const auto known = store::find_terms(db_, reader_.id);
        model::ReaderTerms terms = known.value_or(terms_in(zone_));
        const bool plain = std::ranges::all_of(change.frequencies, [](const auto& list) {
            return list.second == model::Frequency::Every;
        });
        if (!known && plain && change.terms.value_or(terms) == terms) {
            return;  // as for everybody who never chose
        }
        store::set_terms(db_, reader_.id, change.terms.value_or(terms));
        for (const auto& [list, frequency] : change.frequencies) {
            store::set_frequency(db_, reader_.id, list, frequency);
        }
    }
    void set_locale(const std::string& locale) {
        if (!locale.empty()) {
            store::set_locale(db_, reader_.id, locale);
        }
    }
    void keep_muted(const std::vector<AlertId>& stories) {
        for (const store::MutedStory& muted : store::muted_stories(db_, reader_.id)) {
            if (std::ranges::find(stories, muted.story) == stories.end()) {
                store::set_muted(db_, reader_.id, muted.story, store::Mute::Off, now_);
            }
        }
    }

  private:
    store::NewConsent& note(model::ConsentType type) {
        return events_.emplace_back(consent_event(type, reader_, evidence_, now_));
    }
    store::Database& db_;
    const store::SubscriberRow& reader_;
    const Evidence& evidence_;
    const std::string& zone_;
    Time now_;
    std::vector<store::NewConsent> events_;
    std::vector<ListId> left_;
};

Status check_lists(store::Database& db, const PreferencesChange& change) {
    for (const ListId list : change.lists) {
        if (!store::find_list(db, list)) {
            return invalid("one of the chosen lists does not exist any more");
        }
    }
    return {};
}

Result<Change> commit_change(store::Database& db, const store::SubscriberRow& reader,
                             const Wish& wish, model::Suppressed suppressed) {
    std::vector<ListId> wanted = wish.change ? wish.change->lists : std::vector<ListId>();
    std::sort(wanted.begin(), wanted.end());  // a list that is named twice is joined once
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (wish.change) {
        TRY(check_lists(db, *wish.change));
        if (wish.change->terms) {
            TRY(model::check_terms(*wish.change->terms));
        }
    }
    Changing changing(db, reader, wish);
    const auto subscriptions = store::subscriptions_of(db, reader.id);
    for (const ListId list : wanted) {
        const bool active = std::ranges::any_of(subscriptions, [&](const auto& row) {
            return row.list == list && row.state == model::SubscriptionState::Active;
        });
        if (active) {
            continue;
        }
        if (suppressed == model::Suppressed::Yes) {
            return conflict(
                "Mail to this address was refused or complained about, so it cannot "
                "join a list. Please write to the newsroom.");
        }
        changing.join(list);
    }
    for (const store::SubscriptionRow& row : subscriptions) {
        // The page does not show a sign-up that waits for its confirmation, so no tick was taken
        // from it: only whoever leaves everything means that too.
        const bool meant = !wish.change || row.state == model::SubscriptionState::Active;
        if (meant && std::ranges::find(wanted, row.list) == wanted.end() &&
            model::decide_leave(row.state) == model::LeaveStep::Leave) {
            changing.leave(row.list);
        }
    }
    if (wish.change) {
        changing.set_terms(*wish.change);
        changing.set_locale(wish.change->locale);
        if (wish.change->muted) {
            changing.keep_muted(*wish.change->muted);
        }
    }
    changing.set_marketing(wish.change ? wish.change->marketing : Marketing::Declined);
    return changing.finish();
}

}  // namespace

Task<Result<PreferencesView>> Audience::preferences(std::string manage_token) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    auto look = [token, zone = settings_.zone](store::Database& db) -> Result<PreferencesView> {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        return view_of(db, *reader, zone);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<PreferencesView>> Audience::change(std::string manage_token,
                                               std::optional<PreferencesChange> wanted,
                                               Evidence given) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    Wish wish{std::move(wanted), std::move(evidence), settings_.zone, clock_.now()};
    auto commit = [this, token, wish = std::move(wish)](store::Database& db) -> Result<Change> {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        const std::string key = mail::suppression_hmac(keys_, reader->address_key);
        return commit_change(
            db, *reader, wish,
            store::suppression_reason(db, key) ? model::Suppressed::Yes : model::Suppressed::No);
    };
    auto changed = co_await store_.write(std::move(commit));
    if (!changed) {
        co_return changed.error();
    }
    for (const ListId list : changed->left) {
        tell_left(changed->reader.id, list);
    }
    if (!changed->left.empty()) {
        co_await left_is_known();
    }
    co_return std::move(changed->view);
}

Task<Result<PreferencesView>> Audience::change_preferences(std::string manage_token,
                                                           PreferencesChange wanted,
                                                           Evidence evidence) {
    co_return co_await change(std::move(manage_token), std::move(wanted), std::move(evidence));
}

Task<Result<PreferencesView>> Audience::leave_everything(std::string manage_token,
                                                         Evidence evidence) {
    co_return co_await change(std::move(manage_token), std::nullopt, std::move(evidence));
}

namespace {

Result<StoryView> story_view_of(store::Database& db, const mail::Token& token,
                                const std::string& zone, std::optional<Time> mute_at) {
    const auto reader = store::find_subscriber_by_subject(db, token.subject);
    if (!reader || token.ref == 0) {
        return dead_link();
    }
    StoryView view;
    view.story = store::story_of(db, AlertId(static_cast<std::int64_t>(token.ref)));
    const auto alert = store::find_full_alert(db, view.story);
    if (!alert) {
        return dead_link();
    }
    view.headline = alert->content.headline;
    view.locale = reader->locale;
    if (mute_at) {
        // Whoever has muted something has terms: they are asked for when an alert is sent.
        if (!store::find_terms(db, reader->id)) {
            store::set_terms(db, reader->id, terms_in(zone));
        }
        store::set_muted(db, reader->id, view.story, store::Mute::On, *mute_at);
        store::take_back_digests_of(db, reader->id, *mute_at);
    }
    view.muted = !store::muted_by(db, view.story, {reader->id}).empty();
    return view;
}

}  // namespace

Task<Result<StoryView>> Audience::story_view(std::string manage_token) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    auto look = [token, zone = settings_.zone](store::Database& db) {
        return story_view_of(db, token, zone, std::nullopt);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<StoryView>> Audience::mute_story(std::string manage_token) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    auto commit = [token, zone = settings_.zone, now = clock_.now()](store::Database& db) {
        return story_view_of(db, token, zone, now);
    };
    co_return co_await store_.write(std::move(commit));
}

namespace {

// Who wants the link, and in which language; no subject: nobody that we know.
struct Asker {
    std::string subject;
    std::string address;
    std::string language;
};

}  // namespace

Task<Result<SignupAnswer>> Audience::request_manage_link(std::string typed, std::string language) {
    SignupAnswer answer;
    const mail::AddressCheck check = mail::check_address(trim(typed));
    const auto address = mail::Address::parse(trim(typed));
    if (!address) {
        answer.kind = SignupAnswer::Kind::BadAddress;
        answer.reason = check.reason;
        answer.suggestion = check.suggestion;
        co_return answer;
    }
    auto find = [key = address->key(),
                 language = std::move(language)](store::Database& db) -> Result<Asker> {
        const auto reader = store::find_subscriber_by_key(db, key);
        return reader ? Asker{reader->subject, reader->address, reader->locale}
                      : Asker{{}, {}, language};
    };
    CO_TRY_AS(const Asker asker, co_await store_.read(std::move(find)));
    // Composed for strangers too, so that they wait as long.
    const bool known = !asker.subject.empty();
    const store::NewSubscriber reader =
        new_reader(as_known(*address, asker.address), asker.subject, asker.language, clock_.now());
    CO_TRY_AS(store::NewOutboxMail mail, manage_link(reader));
    auto commit =
        [known, mail, key = suppression_key(*address),
         budget = budget_keys(keys_, "manage", *address)](store::Database& db) -> Result<bool> {
        store::count_signup(db, mail.now);
        MailBudgets budgets(db, budget, mail.now);
        if (!known || store::suppression_reason(db, key) ||
            budgets.verdict() != model::BudgetVerdict::Send) {
            return false;
        }
        store::insert_outbox(db, mail);
        budgets.take();
        return true;
    };
    auto queued = co_await store_.write(std::move(commit));
    if (!queued) {
        co_return queued.error();
    }
    if (*queued) {
        tell_outbox();
    }
    co_return answer;
}

Result<store::NewOutboxMail> Audience::manage_link(const store::NewSubscriber& reader) const {
    mail::ManageLinkMail mail;
    mail.language = reader.locale;
    mail.to_address = reader.address;
    mail.manage_url = manage_url(reader.subject);
    mail.valid_hours = static_cast<int>(kManageLinkLife.count());
    mail.date = reader.created_at;
    mail.message_id = new_message_id();
    store::NewOutboxMail out;
    TRY_AS(out.message, mail::compose_manage_link(templates_, settings_.sender, mail));
    out.mail_from = mail_from();
    out.rcpt_to = reader.address;
    out.smtputf8 = reader.smtputf8;
    out.now = reader.created_at;
    out.not_after = out.now + kManageLinkLife;
    return out;
}

}  // namespace tocsin::audience
