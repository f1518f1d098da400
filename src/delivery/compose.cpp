#include "delivery/compose.h"

namespace tocsin::delivery {
namespace {

// What the messages of one batch reuse.
struct Scratch {
    std::string message_id, references;
};

void compose_one(Draft& draft, const AlertRun& run, const mail::KeyRing& ring,
                 mail::MessageComposer& composer, Scratch& scratch) {
    const auto alert = static_cast<std::uint64_t>(run.id().value());
    const std::string& domain = run.message->message_id_domain();
    mail::message_id_for(alert, draft.subject, domain, scratch.message_id);
    scratch.references.clear();
    if (run.order.of.valid()) {
        const auto original = static_cast<std::uint64_t>(run.order.of.value());
        mail::message_id_for(original, draft.subject, domain, scratch.references);
    }
    mail::Token token{.purpose = mail::TokenPurpose::Unsubscribe,
                      .subject = draft.subject,
                      .list = static_cast<std::uint32_t>(draft.attempt.list.value()),
                      .ref = alert,
                      .issued = run.order.released_at,
                      .expires = std::nullopt};
    const std::string unsubscribe = mail::seal_token(ring, token);
    token.purpose = mail::TokenPurpose::Manage;
    const std::string preferences = mail::seal_token(ring, token);
    const Status composed = composer.compose({.address = draft.message.rcpt_to,
                                              .message_id = scratch.message_id,
                                              .unsubscribe_token = unsubscribe,
                                              .preferences_token = preferences,
                                              .references = scratch.references},
                                             draft.message.bytes);
    if (!composed) {
        draft.problem = composed.error().message();
    }
}

}  // namespace

void compose(DraftBatch& batch, ComposerCache& composers, const mail::KeyRing& ring,
             const std::string& bounce_domain) {
    const AlertRun& run = *batch.run;
    mail::MessageComposer& composer = composers.of(batch.run);
    const auto alert = static_cast<std::uint64_t>(run.id().value());
    Scratch scratch;
    for (Draft& draft : batch.drafts) {
        const auto ordinal = static_cast<std::uint32_t>(draft.attempt.ordinal());
        draft.message.mail_from =
            mail::bounce_local_part(ring, alert, ordinal, run.order.released_at) + "@" +
            bounce_domain;
        compose_one(draft, run, ring, composer, scratch);
    }
}

}  // namespace tocsin::delivery
