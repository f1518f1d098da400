#include "delivery/outbox_share.h"

#include "base/check.h"
#include "base/log.h"
#include "delivery/ledger.h"
#include "mail/dkim.h"
#include "mail/smtp_reply.h"
#include "model/retry.h"

namespace tocsin::delivery {
namespace {

constexpr int kClaimedMax = 50;
constexpr std::size_t kReadyMax = 200;
constexpr Seconds kLookInterval{5};
constexpr Seconds kClaimTime{15 * 60};  // longer than a final dot may take
constexpr std::uint32_t kSlipsMax = 3;

}  // namespace

OutboxShare::OutboxShare(WorkerContext& context, std::uint64_t tag_base)
    : context_(context), tag_base_(tag_base) {}

template <class Fn>
void OutboxShare::write(Fn fn) {
    auto done = [this, mailbox = context_.mailbox](Status result) {
        if (!result) {
            mailbox->post([this, error = result.error()] {
                if (error.kind() != ErrorKind::Limited) {  // else: the claim runs out
                    context_.halt(error);
                }
            });
        }
    };
    context_.store.post(std::move(fn), std::move(done));
}

void OutboxShare::tick() {
    if (claiming_ || context_.clock.steady() - looked_ < kLookInterval) {
        return;
    }
    // Deferred mail whose time has come: a read, so that an idle service leaves the disk alone.
    looked_ = context_.clock.steady();
    using Due = Result<std::optional<Time>>;
    auto read = [](store::Database& db) -> Due { return store::next_outbox_due(db); };
    auto done = [this, mailbox = context_.mailbox](Due due) {
        mailbox->post([this, due = std::move(due)] {
            if (due && *due && **due <= context_.clock.now()) {
                look();
            }
        });
    };
    context_.store.post_read(std::move(read), std::move(done));
}

void OutboxShare::look() {
    if (claiming_ || coming() >= kReadyMax) {
        look_again_ = true;
        return;
    }
    claiming_ = true;
    look_again_ = false;
    using Mails = Result<std::vector<store::OutboxMail>>;
    auto claim = [now = context_.clock.now()](store::Database& db) -> Mails {
        store::expire_outbox(db, now);
        return store::claim_outbox(db, now, now + kClaimTime, kClaimedMax);
    };
    auto done = [this, mailbox = context_.mailbox](Mails mails) {
        mailbox->post([this, mails = std::move(mails)]() mutable { on_claimed(std::move(mails)); });
    };
    context_.store.post(std::move(claim), std::move(done));
}

void OutboxShare::on_claimed(Result<std::vector<store::OutboxMail>> mails) {
    claiming_ = false;
    if (!mails) {
        if (mails.error().kind() != ErrorKind::Limited) {
            context_.halt(mails.error());
        }
        return;
    }
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
        mailbox->post([this, shared] {
            --signing_;
            ready_.push_back(std::move(*shared));
            context_.wake();
        });
    });
}

std::optional<net::OutgoingMessage> OutboxShare::take() {
    if (ready_.empty()) {
        return std::nullopt;
    }
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = std::move(ready_.front());
    ready_.pop_front();
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
            if (mail.slips < kSlipsMax) {
                ++mail.slips;
                ready_.push_back(std::move(mail));
                return;
            }
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::Counts);
        case net::SmtpOutcome::Kind::Unknown:
            // A second confirmation does no harm; none would.
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::Counts);
    }
}

void OutboxShare::on_reply(Mail mail, const net::SmtpOutcome& outcome) {
    const mail::Reply& reply = outcome.reply;
    const model::ReplyDecision decision =
        context_.options.rules.decide({.code = reply.code,
                                       .enhanced = reply.enhanced,
                                       .text = reply.text,
                                       .stage = static_cast<model::ReplyStage>(outcome.stage)});
    const std::string text = tidy_reply(mail::to_line(reply), mail.row.rcpt_to, ReplyDetail::Full);
    const std::string why = decision.note.empty() ? text : decision.note + ": " + text;
    const SteadyTime now = context_.clock.steady();
    switch (decision.action) {
        case model::ReplyAction::Accepted:
            context_.pace.on_accepted(now);
            return finish(mail, store::OutboxOutcome::Sent, text);
        case model::ReplyAction::Fail:
            return finish(mail, store::OutboxOutcome::Failed, text);
        case model::ReplyAction::Retry:
            return again(mail, model::retry_delay(static_cast<std::uint32_t>(mail.row.attempts)),
                         text, store::OutboxAttempt::Counts);
        case model::ReplyAction::Throttle:
            context_.pace.on_throttle(now, why);
            return again(mail, model::kThrottleDelay, text, store::OutboxAttempt::DoesNotCount);
        case model::ReplyAction::Suspend:
        case model::ReplyAction::Config:
            context_.pace.on_suspend(now, decision.hold, why);
            return again(mail, decision.hold, text, store::OutboxAttempt::DoesNotCount);
    }
}

void OutboxShare::again(const Mail& mail, Milliseconds delay, std::string reply,
                        store::OutboxAttempt attempt) {
    const Time at = context_.clock.now() + delay;
    if (at >= mail.row.not_after) {
        return finish(mail, store::OutboxOutcome::Expired, std::move(reply));
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
