#include "delivery/refusal.h"

#include "base/log.h"

namespace tocsin::delivery {
namespace {

model::ReplyStage stage_of(mail::SmtpOutcome::Stage stage) {
    using Stage = mail::SmtpOutcome::Stage;
    switch (stage) {
        case Stage::Mail:
            return model::ReplyStage::Mail;
        case Stage::Rcpt:
            return model::ReplyStage::Rcpt;
        case Stage::Data:
            return model::ReplyStage::Data;
        case Stage::FinalDot:
            break;
    }
    return model::ReplyStage::FinalDot;
}

}  // namespace

Refusal learn_from_refusal(WorkerContext& context, const mail::SmtpOutcome& outcome,
                           OutletId outlet, const std::string& text) {
    Route& route = context.outlets.at(outlet).route();
    const mail::Reply& reply = outcome.reply;
    const model::ReplyDecision decision =
        context.routes.shaping()->replies().decide({.code = reply.code,
                                                    .enhanced = reply.enhanced,
                                                    .text = reply.text,
                                                    .stage = stage_of(outcome.stage),
                                                    .group = route.group().rule()});
    const std::string why = decision.note.empty() ? text : decision.note + ": " + text;
    const SteadyTime now = context.clock.steady();
    switch (decision.action) {
        case model::ReplyAction::Accepted:
        case model::ReplyAction::Fail:
            break;
        case model::ReplyAction::Retry:
            route.group().on_deferred(now, why);
            break;
        case model::ReplyAction::Throttle:
            route.group().on_throttle(now, why);
            break;
        case model::ReplyAction::Config:
            if (route.group().on_suspend(now, decision.hold, why, LimitGroup::Fault::Config)) {
                log_warning("{}: {}; nothing leaves there for {} s", route.name(), why,
                            decision.hold.count());
            }
            break;
        case model::ReplyAction::Suspend:
            route.group().on_suspend(now, decision.hold, why, LimitGroup::Fault::Passing);
            break;
    }
    return {.action = decision.action, .hold = decision.hold};
}

}  // namespace tocsin::delivery
