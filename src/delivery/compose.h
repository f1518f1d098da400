// Composing: from a recipient's row to the complete signed message. Runs on the signing pool.
//
// Everything that goes into the bytes is frozen: the template, the release's Date, tokens issued at
// the moment of release, Message-IDs computed from alert and subscriber. So the same recipient
// gives the same bytes, in this process or after a restart.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delivery/alert_run.h"
#include "delivery/open_partition.h"
#include "delivery/signing_pool.h"
#include "mail/smtp_message.h"
#include "mail/token.h"

namespace tocsin::delivery {

struct Draft {
    Attempt attempt;
    OutletId outlet = 0;            // by which it leaves
    std::string subject;            // the reader's 16 bytes
    std::size_t language = 0;       // which of the alert's messages (mail/message_set.h)
    mail::OutgoingMessage message;  // rcpt_to and smtputf8 are set; the rest is filled in
    std::string problem;            // why it could not be composed; empty: it is complete
};

struct DraftBatch {
    std::shared_ptr<const AlertRun> run;
    std::vector<Draft> drafts;
};

void compose(DraftBatch& batch, ComposerCache& composers, const mail::KeyRing& ring,
             const std::string& bounce_domain);

}  // namespace tocsin::delivery
