#include "delivery/compose.h"

#include <algorithm>

namespace tocsin::delivery {
namespace {

// What goes into one message beside its template.
struct Slip {
    std::string message_id, references, unsubscribe, preferences;
    mail::Recipient recipient;
};

void fill(Slip& slip, Draft& draft, const AlertRun& run, const mail::KeyRing& ring) {
    const auto alert = static_cast<std::uint64_t>(run.id().value());
    const std::string& domain = run.message->first().message_id_domain();
    mail::message_id_for(alert, draft.subject, domain, slip.message_id);
    slip.references.clear();
    if (run.order.of.valid()) {
        const auto original = static_cast<std::uint64_t>(run.order.of.value());
        mail::message_id_for(original, draft.subject, domain, slip.references);
    }
    mail::Token token{.purpose = mail::TokenPurpose::Unsubscribe,
                      .subject = draft.subject,
                      .list = static_cast<std::uint32_t>(draft.attempt.list.value()),
                      .ref = alert,
                      .issued = run.order.released_at,
                      .expires = std::nullopt};
    slip.unsubscribe = mail::seal_token(ring, token);
    token.purpose = mail::TokenPurpose::Manage;
    slip.preferences = mail::seal_token(ring, token);
    slip.recipient = {.address = draft.message.rcpt_to,
                      .message_id = slip.message_id,
                      .unsubscribe_token = slip.unsubscribe,
                      .preferences_token = slip.preferences,
                      .references = slip.references};
}

void conclude(Draft& draft, const Status& composed) {
    if (!composed) {
        draft.problem = composed.error().message();
        return;
    }
    draft.message.form = mail::inspect_message(draft.message.bytes);
}

}  // namespace

void compose(DraftBatch& batch, ComposerCache& composers, const mail::KeyRing& ring,
             const std::string& bounce_domain) {
    const AlertRun& run = *batch.run;
    const auto alert = static_cast<std::uint64_t>(run.id().value());
    std::vector<Draft*> drafts;
    drafts.reserve(batch.drafts.size());
    for (Draft& draft : batch.drafts) {
        const auto ordinal = static_cast<std::uint32_t>(draft.attempt.ordinal());
        draft.message.mail_from =
            mail::bounce_local_part(ring, alert, ordinal, run.order.released_at) + "@" +
            bounce_domain;
        drafts.push_back(&draft);
    }
    // Two of one language at a time, because two hash in the time of one.
    std::ranges::sort(drafts, {}, [](const Draft* draft) {
        return std::pair(draft->language, draft->attempt.ordinal());
    });
    Slip one;
    Slip two;
    for (std::size_t i = 0; i < drafts.size();) {
        Draft& first = *drafts[i];
        mail::MessageComposer& composer = composers.of(batch.run, first.language);
        fill(one, first, run, ring);
        if (i + 1 == drafts.size() || drafts[i + 1]->language != first.language) {
            conclude(first, composer.compose(one.recipient, first.message.bytes));
            ++i;
            continue;
        }
        Draft& second = *drafts[i + 1];
        fill(two, second, run, ring);
        const auto composed = composer.compose_pair({one.recipient, two.recipient},
                                                    {&first.message.bytes, &second.message.bytes});
        conclude(first, composed[0]);
        conclude(second, composed[1]);
        i += 2;
    }
}

}  // namespace tocsin::delivery
