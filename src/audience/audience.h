// Audience: everything a reader can do about their own alerts, and what the newsroom can do about
// its readers: sign up, confirm, choose, leave, see, take away, be imported.
//
// What holds (tests in audience_*_test.cpp):
// - sign_up() answers new, pending, subscribed and suppressed addresses alike, and puts at most one
//   confirmation mail a day and three in 30 days on their way to one address;
// - every change and its consent event are one transaction, with the mail that it causes;
// - a token says who and what; nothing else does. Callers must see to it that GET never calls a
//   function that changes something (those take an Evidence);
// - a leave is durable, and delivery has been told, before the reader is answered;
// - an erased reader's address is in no table and no log afterwards.
//
// Owner: app makes one; it owns nothing but references, which must outlive it. Thread: the web
// thread (the coroutines resume where they were called). Failure: Invalid, NotFound, Expired and
// Conflict have a sentence for the reader; Io, Limited, Unavailable mean "try again later".
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audience/audience_types.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/address.h"
#include "mail/confirmation_mail.h"
#include "mail/template.h"
#include "mail/token.h"
#include "model/checkpoint.h"
#include "store/lists.h"
#include "store/outbox.h"
#include "store/store.h"
#include "store/subscribers.h"

namespace tocsin::audience {

enum class ReservedDomains { Refuse, Allow };  // Allow: .example, .test ... in development

// How consent is recorded, proved and forgotten ([consent] of the configuration).
struct ConsentSettings {
    std::string controller;  // legal name and contact, kept with every entry by its hash
    std::chrono::hours checkpoint_every{24};  // signed by itself; 0: only when asked for
    std::string checkpoint_to;                // mailed to this address; empty: not
    std::chrono::hours keep_origin{90 * 24};  // network address and browser
    std::chrono::hours keep_unconfirmed{7 * 24};
};

struct AudienceSettings {
    std::string public_url;  // without a slash at the end: "https://alerts.example.com"
    mail::MailSender sender;
    std::string mail_from;  // envelope sender of confirmations; empty: sender.from_address
    ReservedDomains reserved_domains = ReservedDomains::Refuse;
    std::chrono::hours confirm_life{72};
    std::string zone = "UTC";  // of readers who have not chosen theirs
    // Rows of an import that one transaction takes. Fewer where every row is a journey to another
    // machine, because all book-keeping waits meanwhile (docs/decisions/008).
    std::size_t import_rows = limits::kImportRowsMax;
    ConsentSettings consent;
};

// How the rest of the program hears of things; set before the first call, called on the web thread
// after the commit. Must not block.
struct AudienceHooks {
    // A transactional mail is waiting in the outbox.
    std::function<void()> on_outbox;
    // The reader has left this list, or all of them: stop composing for them. Called BEFORE the
    // reader is answered.
    std::function<void(SubscriberId, std::optional<ListId>)> on_left;
    // After on_left: until every other process that sends knows of it too. May be null.
    std::function<Task<void>()> left_is_known;
    // Inside the erasing transaction: delete what other tables hold of the address.
    std::function<Status(store::Database&, SubscriberId, const std::string& address)> on_erase;
};

class Audience {
  public:
    Audience(store::Store& store, const Clock& clock, Random& random, const mail::KeyRing& keys,
             const mail::Templates& templates, AudienceSettings settings, AudienceHooks hooks = {});

    // --- the reader: sign-up (sign_up.cpp) ---
    // NotFound: no such list. For the page around the box, and before sign_up().
    Task<Result<SignupTarget>> sign_up_target(std::string list, std::string address = {});
    // NotFound: no such list. A bad address is an answer, not an error.
    Task<Result<SignupAnswer>> sign_up(SignupRequest request);
    // For the page behind the link (GET): what the button will do.
    Task<Result<ConfirmView>> confirm_view(std::string token);
    // The button (POST). Idempotent. `also` are other lists that the page offered and the reader
    // ticked; those not pending for this reader are ignored.
    Task<Result<Confirmed>> confirm(std::string token, Evidence evidence,
                                    std::vector<ListId> also = {});
    // "This wasn't me": no confirmation mail to this address for a year. Idempotent. Taken with the
    // NotMe token of the mail (/n/{token}).
    Task<Result<NotMeView>> not_me_view(std::string token);
    Task<Status> not_me(std::string token, Evidence evidence);

    // --- the reader: leaving and choosing (preferences.cpp) ---
    // For the page behind the link (GET).
    Task<Result<UnsubscribeView>> unsubscribe_view(std::string token);
    // RFC 8058 and the page's button. Idempotent; a reader who is gone already is answered alike.
    Task<Result<UnsubscribeView>> unsubscribe(std::string token, Evidence evidence);
    // The same for mail to the unsubscribe address is unsubscribe() with the token from it.

    // By a Manage token; every other function with `manage_token` too.
    Task<Result<PreferencesView>> preferences(std::string manage_token);
    Task<Result<PreferencesView>> change_preferences(std::string manage_token,
                                                     PreferencesChange change, Evidence evidence);
    // The page behind "mute this story" in an alert mail (GET), and its button (POST; idempotent).
    // The token is the mail's preferences token, which names the alert.
    Task<Result<StoryView>> story_view(std::string manage_token);
    Task<Result<StoryView>> mute_story(std::string manage_token);
    // All lists and all purposes.
    Task<Result<PreferencesView>> leave_everything(std::string manage_token, Evidence evidence);
    // Mails the preferences link to the address if it is a reader's, in the reader's language;
    // answers all alike. `language` is the asker's: a stranger's mail, which nobody gets, costs the
    // same work.
    Task<Result<SignupAnswer>> request_manage_link(std::string address, std::string language = {});
    // Taking everything away, or erasing it, needs a link that was mailed within the day: links in
    // alerts get forwarded. With another one such a link is mailed, and the answer is Unauthorized.
    // Everything held about the reader; recorded as an `exported` event.
    Task<Result<ReaderRecord>> export_subscriber(std::string manage_token, Evidence evidence);
    Task<Status> erase_subscriber(std::string manage_token, Evidence evidence);

    // --- the newsroom: one reader by address (readers.cpp, erase.cpp). NotFound: nobody of it. ---
    Task<Result<ReaderRecord>> show_by_address(std::string address);
    Task<Result<ReaderRecord>> export_by_address(std::string address, Evidence evidence);
    Task<Status> erase_by_address(std::string address, Evidence evidence);
    Task<Result<bool>> is_suppressed(std::string address);
    // Nothing goes to the address any more until it is lifted, whether it is a reader's or not. A
    // complaint also leaves all lists; otherwise lifting brings the alerts back.
    Task<Status> suppress(std::string address, SuppressionReason reason, Evidence evidence);
    Task<Status> lift_suppression(std::string address);

    // --- the newsroom: lists (lists.cpp) ---
    Task<Result<ListInfo>> create_list(NewList list);
    // Invalid: not a language that there is a catalog of; empty: the newsroom's.
    Task<Result<ListInfo>> set_list_language(std::string slug, std::string language);
    Task<Result<ListInfo>> show_list(std::string slug);
    Task<Result<std::vector<ListInfo>>> show_lists();
    // What readers see of them, whom anybody may be: without the counts, which are a look at every
    // subscription.
    Task<Result<std::vector<ListInfo>>> offered_lists();

    // --- import and export (import.cpp, export.cpp) ---
    // Begins, or goes on with, the import of this very file (by its hash) into the list.
    Task<Result<ImportProgress>> start_import(ImportStart start);
    // Rows first_row, first_row+1, ... in one transaction, which also moves next_row. Rows before
    // next_row were committed before and are skipped; a gap is a Conflict. At most kImportRowsMax.
    Task<Result<ImportChunkResult>> import_rows(std::int64_t job, std::int64_t first_row,
                                                std::vector<ImportRow> rows);
    Task<Result<ImportProgress>> finish_import(std::int64_t job);
    // All of it for a file of this machine. Reads on the calling thread: for the command line and
    // tests. `on_refused` is called row by row, with lines of the file in place of rows.
    Task<Result<ImportProgress>> import_csv(std::istream& csv, ImportStart start,
                                            std::function<void(const RefusedRow&)> on_refused);
    // The list's readers as CSV, in parts of bounded size, to `sink`; its error ends the export.
    Task<Status> export_list(std::string slug, ExportSink sink);

    // --- proof (consent_proof.cpp) ---
    // Walks the whole consent ledger; what is wrong with it is a verdict, not an error.
    Task<Result<ConsentVerdict>> verify_consent();
    // Signs the ledger as it is, unless the newest checkpoint says so already. Conflict: empty.
    Task<Result<ConsentCheckpoint>> checkpoint_consent();
    // Those over more than `size` entries, in order.
    Task<Result<std::vector<ConsentCheckpoint>>> consent_checkpoints(std::int64_t size, int limit);
    // All entries of one reader, opened, under a checkpoint. NotFound: nobody of that address.
    Task<Result<ConsentProof>> prove_consent(std::string address);
    // Holds a checkpoint of any time against the ledger. Invalid: it is none of ours.
    Task<Result<ConsentConsistency>> compare_consent(std::string note);
    // What checkpoints are verified with: to be published or given to whoever keeps them.
    std::string consent_key() const;

    // Forgets what has had its time (ConsentSettings, and the lines of mails of a month ago), in
    // bounded steps and a bounded number of them; then signs a checkpoint when one is due. Call it
    // hourly (erase.cpp).
    Task<Status> tidy();

    // No mail reaches the domain: those who never confirmed there are erased. Returns how many.
    Task<Result<std::int64_t>> forget_unconfirmed_at(std::string domain);

    // Puts digests that are due into the outbox; returns how many. Call it every few seconds, on
    // any node.
    Task<Result<std::int64_t>> send_digests();

    // Links for pages and mails.
    std::string manage_url(std::string_view subject) const;  // good for a day, and for everything
    // For the page behind a link in an alert: good for a day, but not for taking away or erasing.
    std::string choices_url(std::string_view subject) const;
    std::string unsubscribe_url(std::string_view subject, ListId list) const;  // for ever

  private:
    Result<mail::Token> open(mail::TokenPurpose purpose, std::string_view token) const;
    // evidence.h's, with a salt where there is something to commit to.
    Result<Evidence> checked(Evidence evidence) const;
    std::string suppression_key(const mail::Address& address) const;
    std::string budget_key(std::string_view kind, const mail::Address& address) const;
    std::string new_message_id() const;
    mail::Token manage_token(std::string_view subject) const;
    std::string mail_from() const;
    store::NewSubscriber new_reader(const mail::Address& address, const std::string& known_subject,
                                    const std::string& locale, Time now) const;
    Result<store::NewOutboxMail> confirmation(const store::NewSubscriber& reader,
                                              const store::ListRow& list,
                                              Marketing marketing) const;
    Result<store::NewOutboxMail> manage_link(const store::NewSubscriber& reader) const;
    Task<Result<store::SubscriberRow>> reader_of_address(std::string text);
    Task<Result<store::SubscriberRow>> reader_of_token(std::string manage_token);
    Task<Result<store::SubscriberRow>> reader_of_mailed_token(std::string manage_token);
    Result<bool> commit_digest(store::Database& db, SubscriberId subscriber, Time now);
    Task<Result<PreferencesView>> change(std::string manage_token, std::optional<PreferencesChange>,
                                         Evidence evidence);
    ReaderRecord record_of(store::Database& db, const store::SubscriberRow& reader) const;
    Task<Result<ReaderRecord>> export_reader(SubscriberId reader, Evidence evidence);
    Task<Status> erase(SubscriberId reader, Evidence evidence);
    Task<Status> scrub_log();
    // `pick` reads the next few; none: the end.
    Task<Result<std::int64_t>> forget_readers(
        std::string rule, std::function<std::vector<store::SubscriberRow>(store::Database&)> pick);
    Task<Result<std::int64_t>> forget_origins();
    Task<Status> grow_tree();
    Task<Status> note_controller();
    Task<Status> checkpoint_if_due();
    model::CheckpointKey checkpoint_key() const;
    Result<store::NewOutboxMail> checkpoint_mail(std::int64_t size, const std::string& note,
                                                 Time now) const;
    void tell_left(SubscriberId reader, std::optional<ListId> list) const;
    Task<void> left_is_known() const;
    void tell_outbox() const;

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    const mail::KeyRing& keys_;
    const mail::Templates& templates_;
    AudienceSettings settings_;
    AudienceHooks hooks_;
};

}  // namespace tocsin::audience
