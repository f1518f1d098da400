// What a refusal teaches: the rules say what it means (model/reply_rules.h), the route is told.
#pragma once

#include <string>

#include "delivery/worker_context.h"
#include "mail/smtp_message.h"

namespace tocsin::delivery {

struct Refusal {
    model::ReplyAction action = model::ReplyAction::Retry;
    Seconds hold{0};  // Suspend and Config: for how long
};

// `text` is the reply as one line, without the recipient's address.
Refusal learn_from_refusal(WorkerContext& context, const mail::SmtpOutcome& outcome,
                           OutletId outlet, const std::string& text);

}  // namespace tocsin::delivery
