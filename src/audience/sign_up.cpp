// Signing up.
//
// The answer and, as far as it is cheap, the time it takes are the same for every address that
// could exist. So the mail is composed for every request, before anything is known of the address,
// and every request commits something (the day's count). What differs is decided in one
// transaction: whether the subscription becomes pending, and whether the mail may go.
#include <algorithm>
#include <array>

#include "audience/audience.h"
#include "audience/budget.h"
#include "audience/evidence.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/subscription.h"
#include "store/outbox.h"
#include "store/signup_readers.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

// Nobody reads news at these; whoever types them into the box means harm or is mistaken.
// RFC 2142 and custom; "info", "news" and "sales" are not among them, which small houses read.
constexpr std::array<std::string_view, 19> kRoleNames = {
    "abuse",      "bounce",   "bounces", "ftp",       "hostmaster", "ipadmin", "mailer-daemon",
    "news-owner", "no-reply", "noc",     "noreply",   "postmaster", "root",    "security",
    "spam",       "usenet",   "uucp",    "webmaster", "www"};

std::string checked_locale(const std::string& locale) {
    const bool plain =
        !locale.empty() && locale.size() <= 35 && std::ranges::all_of(locale, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '-';
        });
    return plain ? locale : "en";
}

// Everything that the transaction needs, made before it.
struct Plan {
    store::NewSubscriber reader;  // if the address is new
    store::ListRow list;
    Marketing marketing = Marketing::Declined;
    Evidence evidence;
    std::string tag;
    std::string suppression_key;
    BudgetKeys budget;
    store::NewOutboxMail mail;
    std::function<Result<model::SignupVerdict>(store::Database&)> admit;
};

enum class Effect { Nothing, Recorded, MailQueued };

struct Outcome {
    Effect effect = Effect::Nothing;
    model::SignupVerdict verdict;
};

// Since the mail was composed, the address came to belong to another subject: all is undone, the
// count and a proof of work too, and tried again with that subject's mail.
Error raced() {
    return conflict("the address was signed up at the same moment");
}

void record_request(store::Database& db, const Plan& plan, const store::NewSubscriber& reader,
                    Effect effect) {
    const Time now = plan.mail.now;
    std::vector<store::NewConsent> events;
    events.push_back(consent_event(model::ConsentType::Requested, reader, plan.evidence, now));
    events.back().list = plan.list.id;
    if (plan.marketing == Marketing::Granted) {
        events.push_back(events.front());
        events.back().list.reset();
        events.back().purpose = model::ConsentPurpose::Marketing;
    }
    if (effect == Effect::MailQueued) {
        Evidence system;
        system.method = plan.evidence.method;
        system.actor = "system:sign_up";
        events.push_back(consent_event(model::ConsentType::ConfirmSent, reader, system, now));
        events.back().list = plan.list.id;
        events.back().detail.message_id = message_id_of(plan.mail.message);
    }
    store::append_consent(db, events);
}

Result<Effect> record_sign_up(store::Database& db, const Plan& plan, Milliseconds wait) {
    const Time now = plan.mail.now;
    store::count_signup(db, now);
    const auto suppressed = store::suppression_reason(db, plan.suppression_key)
                                ? model::Suppressed::Yes
                                : model::Suppressed::No;
    const auto known = store::find_subscriber_by_key(db, plan.reader.address_key);
    if (known && known->subject != plan.reader.subject) {
        return raced();
    }
    const auto state =
        known ? store::subscription_state(db, known->id, plan.list.id) : std::nullopt;
    const model::SignupStep step = model::decide_signup(state, suppressed);
    if (step == model::SignupStep::Nothing) {
        return Effect::Nothing;
    }
    MailBudgets budgets(db, plan.budget, now);
    const bool send = budgets.verdict() == model::BudgetVerdict::Send;
    // Without a mail, only a new wish of a known reader is worth keeping: the page behind an
    // earlier link offers it, and the next sign-up sends another.
    const bool blocked = budgets.verdict() == model::BudgetVerdict::Blocked;
    if (!send && (!known || blocked || step == model::SignupStep::AskAgain)) {
        return Effect::Nothing;
    }
    const SubscriberId id = known ? known->id : *store::insert_subscriber(db, plan.reader);
    if (!known && !plan.tag.empty()) {
        store::tag_subscriber(db, id, plan.tag);
    }
    const Effect effect = send ? Effect::MailQueued : Effect::Recorded;
    if (step == model::SignupStep::Ask) {
        store::set_pending(db, id, plan.list.id, now);
    }
    record_request(db, plan, known ? *known : plan.reader, effect);
    if (send) {
        store::NewOutboxMail mail = plan.mail;
        mail.not_before = wait > Milliseconds(0) ? now + wait : Time();
        store::insert_outbox(db, mail);
        budgets.take();
    }
    return effect;
}

Result<Outcome> commit_sign_up(store::Database& db, const Plan& plan) {
    Outcome outcome;
    if (plan.admit) {
        TRY_AS(outcome.verdict, plan.admit(db));
    }
    if (outcome.verdict.kind == model::SignupVerdict::Kind::Take) {
        TRY_AS(outcome.effect, record_sign_up(db, plan, outcome.verdict.wait));
    }
    return outcome;
}

SignupTarget target_of(store::ListRow list, std::string address_key) {
    SignupTarget target;
    target.list.id = list.id;
    target.list.slug = std::move(list.slug);
    target.list.name = std::move(list.name);
    target.list.description = std::move(list.description);
    target.list.language = std::move(list.language);
    target.list.created_at = list.created_at;
    target.address_key = std::move(address_key);
    return target;
}

store::ListRow row_of(const ListInfo& list) {
    store::ListRow row;
    row.id = list.id;
    row.slug = list.slug;
    row.name = list.name;
    row.description = list.description;
    row.language = list.language;
    row.created_at = list.created_at;
    return row;
}

SignupAnswer bad_address(std::string reason, std::string suggestion) {
    SignupAnswer answer;
    answer.kind = SignupAnswer::Kind::BadAddress;
    answer.reason = std::move(reason);
    answer.suggestion = std::move(suggestion);
    return answer;
}

// Why the box does not take an address that is well-formed; empty: it does.
std::string refusal(const mail::Address& address, ReservedDomains reserved) {
    if (reserved == ReservedDomains::Refuse && mail::is_reserved_domain(address.domain())) {
        return fmt::format("no mail can reach the domain {}", address.domain());
    }
    // "abuse+alerts@" is read by the same people.
    const std::string local = ascii_lower(address.local());
    if (std::ranges::find(kRoleNames, local.substr(0, local.find('+'))) != kRoleNames.end()) {
        return "this address belongs to those who run the domain, not to a reader";
    }
    return {};
}

}  // namespace

// The confirmation mail to a reader, known or new.
Result<store::NewOutboxMail> Audience::confirmation(const store::NewSubscriber& reader,
                                                    const store::ListRow& list,
                                                    Marketing marketing) const {
    const Time now = clock_.now();
    mail::Token token;
    token.subject = reader.subject;
    token.list = static_cast<std::uint32_t>(list.id.value());
    token.ref = marketing == Marketing::Granted ? 1 : 0;
    token.issued = now;
    token.expires = now + settings_.confirm_life;
    mail::ConfirmationMail mail;
    mail.language = reader.locale;
    mail.to_address = reader.address;
    mail.lists = {list.name};
    mail.confirm_url = settings_.public_url + "/c/" + mail::seal_token(keys_, token);
    token.purpose = mail::TokenPurpose::NotMe;
    mail.not_me_url = settings_.public_url + "/n/" + mail::seal_token(keys_, token);
    mail.valid_hours = static_cast<int>(settings_.confirm_life.count());
    mail.date = now;
    mail.message_id = new_message_id();

    store::NewOutboxMail out;
    TRY_AS(out.message, mail::compose_confirmation(templates_, settings_.sender, mail));
    out.mail_from = mail_from();
    out.rcpt_to = reader.address;
    out.smtputf8 = reader.smtputf8;
    out.now = now;
    out.not_after = now + settings_.confirm_life;
    return out;
}

store::NewSubscriber Audience::new_reader(const mail::Address& address,
                                          const std::string& known_subject,
                                          const std::string& locale, Time now) const {
    store::NewSubscriber reader;
    reader.address = address.text();
    reader.address_key = address.key();
    reader.domain = address.domain();
    reader.smtputf8 = address.needs_smtputf8();
    const std::string fresh = new_subject(now, random_.bytes(kSubjectRandomBytes));
    reader.subject = known_subject.empty() ? fresh : known_subject;
    reader.salt = random_.bytes(kSaltBytes);
    reader.locale = checked_locale(locale);
    reader.created_at = now;
    return reader;
}

Task<Result<SignupTarget>> Audience::sign_up_target(std::string list, std::string address) {
    const auto parsed = mail::Address::parse(trim(address));
    auto look = [slug = std::move(list), key = parsed ? parsed->key() : std::string()](
                    store::Database& db) -> Result<SignupTarget> {
        TRY_AS(store::ListRow row, store::require_list(db, slug));
        const auto known = key.empty() ? std::nullopt : store::find_subscriber_by_key(db, key);
        SignupTarget target = target_of(std::move(row), key);
        if (known) {
            target.subject = known->subject;
            target.address = known->address;
        }
        return target;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<SignupAnswer>> Audience::sign_up(SignupRequest request) {
    CO_TRY_AS(Evidence evidence, checked(std::move(request.evidence)));
    const std::string typed(trim(request.address));
    const mail::AddressCheck check = mail::check_address(typed);
    const auto parsed = mail::Address::parse(typed);

    SignupAnswer answer;
    answer.suggestion = check.suggestion;
    auto target = std::move(request.target);
    // Twice only if two first sign-ups of one address meet.
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (target == nullptr) {
            CO_TRY_AS(SignupTarget found, co_await sign_up_target(request.list, typed));
            target = std::make_shared<const SignupTarget>(std::move(found));
        }
        if (!parsed) {
            co_return bad_address(check.reason, check.suggestion);
        }
        if (std::string why = refusal(*parsed, settings_.reserved_domains); !why.empty()) {
            co_return bad_address(std::move(why), check.suggestion);
        }
        answer.list_name = target->list.name;

        Plan plan;
        plan.list = row_of(target->list);
        plan.marketing = request.marketing;
        plan.evidence = evidence;
        plan.tag = request.tag;
        plan.suppression_key = suppression_key(*parsed);
        plan.budget = budget_keys(keys_, "confirm", *parsed);
        plan.reader = new_reader(as_known(*parsed, target->address), target->subject,
                                 request.locale, clock_.now());
        plan.admit = request.admit;
        CO_TRY_AS(plan.mail, confirmation(plan.reader, plan.list, plan.marketing));

        auto commit = [plan = std::move(plan)](store::Database& db) -> Result<Outcome> {
            return commit_sign_up(db, plan);
        };
        auto outcome = co_await store_.write(std::move(commit));
        if (outcome) {
            if (outcome->effect == Effect::MailQueued) {
                tell_outbox();
            }
            if (outcome->verdict.kind == model::SignupVerdict::Kind::AskProof) {
                answer.kind = SignupAnswer::Kind::AskProof;
                answer.load = outcome->verdict.load;
            }
            co_return answer;
        }
        if (outcome.error().kind() != ErrorKind::Conflict) {
            co_return outcome.error();
        }
        target.reset();
    }
    co_return unavailable("please try again in a moment");
}

}  // namespace tocsin::audience
