#include "delivery/outbox_share.h"

#include "base/check.h"
#include "base/log.h"
#include "delivery/ledger.h"
#include "delivery/refusal.h"
#include "mail/dkim.h"
#include "mail/smtp_reply.h"
#include "model/retry.h"
#include "store/terms.h"

namespace tocsin::delivery {
namespace {

constexpr int kClaimedMax = 50;
constexpr std::size_t kReadyMax = 200;
constexpr Seconds kLookInterval{5};
constexpr std::uint32_t kSlipsMax = 3;
constexpr std::size_t kReadyOfRouteMax = 50;   // of many routes: a slow one keeps no more
constexpr Seconds kReadyTimeMax{10};           // for a slow route: then others have the place
constexpr Milliseconds kBlockedDelay{60'000};  // until a mail that could not leave is tried again

}  // namespace

OutboxShare::OutboxShare(WorkerContext& context, std::uint64_t tag_base)
    : context_(context), tag_base_(tag_base) {}

// Repeated until the store takes it: each of these verbs may be done twice.
template <class Fn>
void OutboxShare::write(Fn fn) {
    auto done = [this, fn, mailbox = context_.mailbox](Status result) {
        if (!result) {
            mailbox->post([this, fn, error = result.error()] {
                if (passing(error)) {
                    not_written_.push_back([this, fn] { write(fn); });
                } else {
                    context_.halt(error);
                }
            });
        }
    };
    context_.store.post_fenced(std::move(fn), std::move(done));
}

void OutboxShare::write_again() {
    const auto writes = std::exchange(not_written_, {});
    for (const auto& again : writes) {
        again();
    }
}

void OutboxShare::tick() {
    write_again();
    give_back_what_waits();
    if (claiming_ || context_.clock.steady() - looked_ < kLookInterval) {
        return;
    }
    // Deferred mail whose time has come, or of a node that died: a read, so that an idle service
    // leaves the disk alone.
    looked_ = context_.clock.steady();
    using Due = Result<std::optional<Time>>;
    auto read = [now = context_.clock.now(),
                 own = context_.leases.owner()](store::Database& db) -> Due {
        return store::has_orphaned_outbox(db, own, now) ? now : store::next_outbox_due(db);
    };
    auto done = [this, mailbox = context_.mailbox](Due due) {
        mailbox->post([this, due = std::move(due)] {
            const bool is_due = due && *due && **due <= context_.clock.now();
            if (is_due || !lost_claims_.empty()) {
                look();
            }
        });
    };
    context_.store.post_read(std::move(read), std::move(done));
}

void OutboxShare::look() {
    if (claiming_ || context_.routes.left_to_others() || ready_count_ + signing_ >= kReadyMax) {
        look_again_ = true;
        return;
    }
    claiming_ = true;
    look_again_ = false;
    using Mails = Result<std::vector<store::OutboxMail>>;
    const Time now = context_.clock.now();
    const store::Digests digests =
        alerts_ == Alerts::Begun ? store::Digests::Leave : store::Digests::Take;
    claimed_at_ = context_.clock.steady();
    claim_epoch_ = epoch_;
    claim_until_ = now + kClaimTime;
    auto claim = [now, until = claim_until_, node = context_.leases.owner(), lost = lost_claims_,
                  digests](store::Database& db) -> Mails {
        store::expire_outbox(db, now);
        store::free_orphaned_outbox(db, node, now);
        for (const Time claimed_until : lost) {
            store::free_outbox_claim(db, node, claimed_until, now);
        }
        return store::claim_outbox(db, {node, now, until, digests}, kClaimedMax);
    };
    auto done = [this, mailbox = context_.mailbox](Mails mails) {
        mailbox->post([this, mails = std::move(mails)]() mutable { on_claimed(std::move(mails)); });
    };
    context_.store.post_fenced(std::move(claim), std::move(done));
}

void OutboxShare::on_claimed(Result<std::vector<store::OutboxMail>> mails) {
    claiming_ = false;
    if (!mails) {
        if (!passing(mails.error())) {
            context_.halt(mails.error());
        } else if (mails.error().kind() == ErrorKind::Unavailable) {
            lost_claims_.push_back(claim_until_);  // if it was made, nobody would send them
        }
        look_again_ = true;
        return;
    }
    lost_claims_.clear();
    const bool more = mails->size() == static_cast<std::size_t>(kClaimedMax) || look_again_;
    for (store::OutboxMail& mail : *mails) {
        sign(std::move(mail));
    }
    if (more) {
        look();
    }
}

void OutboxShare::sign(store::OutboxMail mail) {
    ++signing_;
    auto shared = std::make_shared<Mail>();
    shared->row = std::move(mail);
    shared->claimed_at = claimed_at_;
    shared->epoch = claim_epoch_;
    context_.pool.submit(model::Lane::Transactional, [this, shared, mailbox = context_.mailbox](
                                                         ComposerCache& composers) {
        shared->signed_message = shared->row.message;
        if (composers.keys() != nullptr) {
            auto message = mail::dkim_sign_message(*composers.keys(), shared->row.message);
            if (message) {
                shared->signed_message = std::move(*message);
            } else {
                log_error("a transactional mail goes out unsigned: {}", message.error().message());
            }
        }
        mailbox->post([this, shared] { find_route(shared); });
    });
}

void OutboxShare::find_route(std::shared_ptr<Mail> mail) {
    const std::string domain = mail->row.rcpt_to.substr(mail->row.rcpt_to.rfind('@') + 1);
    if (const auto answer = context_.routes.find(domain)) {
        return on_route(std::move(mail), *answer);
    }
    spawn(context_.io.get_executor(), context_.gate, "look up " + domain,
          look_up(this, context_.routes.resolver(), domain, std::move(mail)));
}

Task<void> OutboxShare::look_up(OutboxShare* self, net::MxResolver* resolver, std::string domain,
                                std::shared_ptr<Mail> mail) {
    const net::SiteAnswer answer = co_await resolver->site_of(domain);
    self->on_route(std::move(mail), self->context_.routes.from(domain, answer));
}

void OutboxShare::on_route(std::shared_ptr<Mail> mail, const RouteAnswer& answer) {
    --signing_;
    switch (answer.kind) {
        case RouteAnswer::Kind::Refused:
            return finish(*mail, store::OutboxOutcome::Failed, answer.reason);
        case RouteAnswer::Kind::Later:
            return again(*mail, model::retry_delay(static_cast<std::uint32_t>(mail->row.attempts)),
                         answer.reason, store::OutboxAttempt::Counts);
        case RouteAnswer::Kind::Found:
            break;
    }
    mail->outlet = context_.outlets.of(answer.route);
    if (!context_.routes.only() && ready(mail->outlet) >= kReadyOfRouteMax) {
        return again(*mail, kBlockedDelay, "not sent: " + answer.route->name() + " is slow",
                     store::OutboxAttempt::DoesNotCount);
    }
    const OutletId outlet = mail->outlet;
    make_ready(std::move(*mail));
    context_.wake(outlet);
}

void OutboxShare::make_ready(Mail mail) {
    if (mail.outlet >= ready_.size()) {
        ready_.resize(mail.outlet + 1);
    }
    if (called_off(mail)) {
        return return_digest(mail);
    }
    const OutletId outlet = mail.outlet;
    mail.ready_at = context_.clock.steady();
    Ready& ready = ready_[outlet];
    (mail.row.digest_of.valid() ? ready.digests : ready.mails).push_back(std::move(mail));
    ++ready_count_;
}

void OutboxShare::give_back_what_waits() {
    if (context_.routes.only()) {
        return;
    }
    const SteadyTime now = context_.clock.steady();
    for (OutletId outlet = 0; outlet < ready_.size(); ++outlet) {
        if (ready(outlet) > 0) {
            const Route& route = context_.outlets.at(outlet).route();
            give_back(ready_[outlet].mails, route, now);
            give_back(ready_[outlet].digests, route, now);
        }
    }
    if (look_again_ && ready_count_ + signing_ < kReadyMax) {
        look();
    }
}

void OutboxShare::give_back(std::deque<Mail>& waiting, const Route& route, SteadyTime now) {
    const bool blocked = route.blocked(now);
    std::string reason = route.name() + " is slow";
    if (blocked) {
        reason =
            route.connect_failing() ? route.connect_reason(now) : route.name() + " is suspended";
    }
    while (!waiting.empty() && (blocked || now - waiting.front().ready_at > kReadyTimeMax)) {
        again(waiting.front(), kBlockedDelay, "not sent: " + reason,
              store::OutboxAttempt::DoesNotCount);
        waiting.pop_front();
        --ready_count_;
    }
}

std::optional<net::OutgoingMessage> OutboxShare::take(OutletId outlet) {
    return outlet < ready_.size() ? take_from(ready_[outlet].mails) : std::nullopt;
}

std::optional<net::OutgoingMessage> OutboxShare::take_digest(OutletId outlet) {
    if (outlet >= ready_.size()) {
        return std::nullopt;
    }
    std::deque<Mail>& digests = ready_[outlet].digests;
    while (!digests.empty() && called_off(digests.front())) {
        return_digest(digests.front());
        digests.pop_front();
        --ready_count_;
    }
    return take_from(digests);
}

bool OutboxShare::wanted(std::uint32_t slot) const {
    CHECK(slot < slots_.size() && slots_[slot]);
    return !called_off(*slots_[slot]);
}

// A digest that is not on the wire yet: its reader has left since, or alerts have come, among which
// may be a correction of what it tells.
bool OutboxShare::called_off(const Mail& mail) const {
    const SubscriberId reader = mail.row.digest_of;
    return reader.valid() && (alerts_ == Alerts::Begun || mail.epoch != epoch_ ||
                              context_.exclusions.excludes_any(reader, mail.claimed_at));
}

void OutboxShare::return_digest(const Mail& mail) {
    write([id = mail.row.id, now = context_.clock.now()](store::Database& db) -> Status {
        store::return_digest(db, id, now);
        return {};
    });
}

void OutboxShare::set_alerts(Alerts alerts) {
    const Alerts before = std::exchange(alerts_, alerts);
    if (alerts == Alerts::Begun && before == Alerts::None) {
        call_off_digests();
    } else if (alerts == Alerts::None && before == Alerts::Begun) {
        look();  // digests may have waited for this
    }
}

void OutboxShare::call_off_digests() {
    ++epoch_;
    for (Ready& ready : ready_) {
        for (const Mail& digest : ready.digests) {
            return_digest(digest);
        }
        ready_count_ -= ready.digests.size();
        ready.digests.clear();
    }
}

std::optional<net::OutgoingMessage> OutboxShare::take_from(std::deque<Mail>& waiting) {
    if (waiting.empty()) {
        return std::nullopt;
    }
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = std::move(waiting.front());
    waiting.pop_front();
    --ready_count_;
    const Mail& mail = *slots_[slot];
    if (look_again_) {
        look();
    }
    net::OutgoingMessage message;
    message.tag = tag_base_ | slot;
    message.mail_from = mail.row.mail_from;
    message.rcpt_to = mail.row.rcpt_to;
    message.smtputf8 = mail.row.smtputf8;
    message.bytes = mail.signed_message;
    return message;
}

void OutboxShare::on_outcome(std::uint32_t slot, const net::SmtpOutcome& outcome) {
    CHECK(slot < slots_.size() && slots_[slot]);
    Mail mail = std::move(*slots_[slot]);
    slots_[slot].reset();
    free_slots_.push_back(slot);
    const std::string text = mail::to_line(outcome.reply);
    switch (outcome.kind) {
        case net::SmtpOutcome::Kind::Replied:
            return on_reply(std::move(mail), outcome);
        case net::SmtpOutcome::Kind::NotSent:
            if (mail.slips < kSlipsMax || called_off(mail)) {
                ++mail.slips;
                return make_ready(std::move(mail));
            }
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::Counts);
        case net::SmtpOutcome::Kind::Unknown:
            // A second confirmation does no harm; none would.
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::MaybeSent);
    }
}

void OutboxShare::on_reply(Mail mail, const net::SmtpOutcome& outcome) {
    const std::string text =
        tidy_reply(mail::to_line(outcome.reply), mail.row.rcpt_to, ReplyDetail::Full);
    if (outcome.reply.positive()) {
        context_.outlets.at(mail.outlet).route().group().on_accepted(context_.clock.steady());
        return finish(mail, store::OutboxOutcome::Sent, text);
    }
    const Refusal refusal = learn_from_refusal(context_, outcome, mail.outlet, text);
    switch (refusal.action) {
        case model::ReplyAction::Fail:
            return finish(mail, store::OutboxOutcome::Failed, text);
        case model::ReplyAction::Accepted:
        case model::ReplyAction::Retry:
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::Counts);
        case model::ReplyAction::Throttle:
            return again(mail, model::kThrottleDelay, text, store::OutboxAttempt::DoesNotCount);
        case model::ReplyAction::Suspend:
        case model::ReplyAction::Config:
            return again(mail, refusal.hold, text, store::OutboxAttempt::DoesNotCount);
    }
}

void OutboxShare::again(const Mail& mail, Milliseconds delay, std::string reply,
                        store::OutboxAttempt attempt) {
    const Time at = context_.clock.now() + delay;
    if (at >= mail.row.not_after) {
        const bool maybe = attempt == store::OutboxAttempt::MaybeSent;
        return finish(mail, maybe ? store::OutboxOutcome::Unknown : store::OutboxOutcome::Expired,
                      std::move(reply));
    }
    write([id = mail.row.id, at, reply = std::move(reply), attempt](store::Database& db) -> Status {
        store::defer_outbox(db, id, at, reply, attempt);
        return {};
    });
}

void OutboxShare::finish(const Mail& mail, store::OutboxOutcome outcome, std::string reply) {
    write([id = mail.row.id, outcome, reply = std::move(reply),
           now = context_.clock.now()](store::Database& db) -> Status {
        store::finish_outbox(db, id, outcome, reply, now);
        return {};
    });
}

}  // namespace tocsin::delivery
