// What goes into and comes out of Audience: plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "model/consent.h"
#include "model/signup_limits.h"
#include "model/terms.h"

namespace tocsin::store {
class Database;
}

namespace tocsin::audience {

using MaskedAddress = std::string;  // "a***@example.com"

enum class Marketing { Declined, Granted };

// What the reader saw, where, and how the act reached us. Every change takes one.
struct Evidence {
    // The exact text beside the button: purposes, frequency, newsroom, privacy notice. Kept once by
    // its hash. Required for sign-up; other acts may leave it empty.
    std::string wording;
    std::string page_url;  // the page that carried the form; cut at limits::kUrlBytesMax
    model::ConsentMethod method = model::ConsentMethod::WebForm;
    std::string actor = "subscriber";  // or "staff:NAME", "operator", "system:RULE"

    // What follows is kept on the erasable side, all of it beside the consent event whose hash only
    // commits to it (docs/CONSENT.md). Empty: not known. Cut at the limits of base/limits.h.
    std::string form_id;       // which of the newsroom's forms: "embed", "page", "preferences"
    std::string embed_origin;  // "https://news.example": the page that embedded the box
    std::string locale;        // in which the wording was shown: "en", "pt-BR"
    std::string ip;            // as text; forgotten after [consent] keep_ip_days
    std::string user_agent;    // likewise
    std::string salt;          // of the commitment to these two; Audience fills it in
};

struct SignupTarget;

struct SignupRequest {
    std::string list;     // slug
    std::string address;  // as typed; white space around it is dropped
    Marketing marketing = Marketing::Declined;
    std::string locale = "en";
    Evidence evidence;
    std::string tag;  // kept with a new reader, for the newsroom: "disposable"; usually empty
    // What sign_up_target() said a moment ago; null: looked up.
    std::shared_ptr<const SignupTarget> target = nullptr;
    // Runs first in the transaction: its error refuses the sign-up and undoes it, its verdict may
    // ask for a proof of work instead, or let the mail wait. May be null.
    std::function<Result<model::SignupVerdict>(store::Database&)> admit = nullptr;
};

struct SignupAnswer {
    enum class Kind {
        Accepted,    // "look into your inbox": the same for every address
        BadAddress,  // could never receive mail
        AskProof,    // nothing was done: the browser is to work first, and come again
    };
    Kind kind = Kind::Accepted;
    std::string list_name;
    std::string reason;      // BadAddress: one sentence
    std::string suggestion;  // "ann@gmail.com", or empty; may be there when accepted
    double load = 0;         // AskProof: of SignupVerdict
};

struct ConfirmView {
    MaskedAddress address;
    std::string locale;  // the reader's
    ListId list;
    std::string list_slug;
    std::string list_name;
    Marketing marketing = Marketing::Declined;  // the button grants this too
    bool done = false;                          // confirmed already
    // Other lists that this address was signed up to and never confirmed.
    std::vector<std::pair<ListId, std::string>> also_pending;
};

struct NotMeView {
    MaskedAddress address;
    std::string locale;  // the reader's
};

struct Confirmed {
    std::string locale;  // the reader's
    std::string list_slug;
    std::string list_name;
    std::string manage_url;
    std::string unsubscribe_url;
};

struct UnsubscribeView {
    MaskedAddress address;  // empty when nothing is known of the reader any more
    std::string list_name;  // empty: all lists
    std::string list_slug;
    std::string locale;  // the reader's; empty: nothing is known
    bool left = true;    // nothing (more) to leave
    std::string manage_url;
};

struct PreferenceList {
    ListId id;
    std::string slug;
    std::string name;
    std::string description;
    bool subscribed = false;
    model::Frequency frequency = model::Frequency::Every;
};

struct MutedStory {
    AlertId story;
    std::string headline;
};

struct PreferencesView {
    std::string address;
    std::string locale;
    model::ReaderTerms terms;
    std::vector<MutedStory> muted;      // the newest first
    std::vector<PreferenceList> lists;  // all of the newsroom's
    Marketing marketing = Marketing::Declined;
};

// A story that a mail's link offers to mute.
struct StoryView {
    AlertId story;
    std::string headline;
    std::string locale;  // the reader's
    bool muted = false;
};

// The whole wish, as a form of check boxes gives it.
struct PreferencesChange {
    std::vector<ListId> lists;                       // those to be on; all others are left
    std::map<ListId, model::Frequency> frequencies;  // of these; what is not there stays
    std::optional<model::ReaderTerms> terms;         // none: they stay
    std::string locale;                              // of pages and mails; empty: it stays
    std::optional<std::vector<AlertId>> muted;       // those that stay muted; none: all
    Marketing marketing = Marketing::Declined;
};

struct ReaderSubscription {
    std::string list_slug;
    std::string list_name;
    std::string state;  // pending | active | left
    Time requested_at;
    std::optional<Time> confirmed_at;
    std::optional<Time> left_at;
    model::Frequency frequency = model::Frequency::Every;
};

struct ReaderPurpose {
    std::string purpose;
    bool granted = false;
    Time changed_at;
};

struct ReaderConsent {
    model::ConsentEntry entry;
    std::string list_slug;   // empty: none
    std::string wording;     // the text that was shown; may be empty
    std::string controller;  // who answered for it then; may be empty
    model::ConsentDetail detail;
    std::optional<model::ConsentOrigin> origin;  // until it is forgotten
};

// An alert, in connection with the reader.
struct ReaderAlert {
    AlertId alert;
    std::string headline;   // its newest; empty: the alert is gone
    std::string list_slug;  // through which it reaches the reader; empty: not known
    Time at;
};

// One of the service's own mails to the reader: confirmations, links, digests.
struct ReaderMail {
    OutboxId id;
    std::string state;  // queued | sent | failed | expired | unknown
    Time created_at;
    std::optional<Time> done_at;
};

// Mails of one kind that somebody caused by typing the address into a form.
struct ReaderBudget {
    std::string kind;  // confirm | manage
    std::vector<Time> sent;
    std::optional<Time> blocked_until;
};

// Everything held about one reader.
struct ReaderRecord {
    SubscriberId id;
    std::string address;
    std::string locale;
    std::string tag;  // the newsroom's word: "disposable"; usually empty
    Time created_at;
    bool suppressed = false;
    std::string suppression_reason;
    std::vector<ReaderSubscription> subscriptions;
    std::vector<ReaderPurpose> purposes;
    std::vector<ReaderConsent> consent;
    std::optional<model::ReaderTerms> terms;  // none: never chose any
    std::vector<ReaderAlert> muted;           // stories, and since when
    std::vector<ReaderAlert> waiting;         // for the digest that is due then
    std::vector<ReaderAlert> in_digests;      // of the last month, and when they went
    std::vector<ReaderAlert> counted;  // for the daily limit, on which days of the reader's zone
    std::vector<ReaderMail> mails;     // of the last month
    std::vector<ReaderBudget> budgets;
};

enum class SuppressionReason { Bounced, Complained, Erased, Operator };

struct NewList {
    std::string slug;  // [a-z0-9-]{1,64}
    std::string name;
    std::string description;
    std::string language = {};  // "fr"; empty: the newsroom's
};

struct ListInfo {
    ListId id;
    std::string slug;
    std::string name;
    std::string description;
    std::string language;  // "fr"; empty: the newsroom's
    Time created_at;
    std::int64_t active = 0;
    std::int64_t pending = 0;
    std::int64_t left = 0;
};

// What a sign-up begins with, read once: the list (without its counts, which cost a walk over all
// of its readers) and whom the address belongs to.
struct SignupTarget {
    ListInfo list;
    std::string address_key;  // empty: what was typed is no address
    std::string subject;      // the reader's; empty: not known yet
    std::string address;      // the reader's, as it was first typed; empty: not known yet
};

struct ImportStart {
    std::string file_hash;  // SHA-256 of the file, raw: the same file goes on where it stopped
    std::string list;       // slug
    std::string consent_source;
};

// Whose export a file is, as its columns tell (import_columns.h).
enum class ImportSource { Csv, Tocsin, Listmonk, Mailchimp, Ghost, Mailman };
std::string_view to_string(ImportSource source);
std::optional<ImportSource> parse_import_source(std::string_view text);

// What the reader was where the file comes from.
enum class ImportState {
    Active,
    Left,     // is kept as one who left, so that no later file brings them back
    Bounced,  // these three are suppressed
    Complained,
    Blocked,
};
std::string_view to_string(ImportState state);
std::optional<ImportState> parse_import_state(std::string_view text);

// One data row of the file, or the reason why it could not be read as one.
struct ImportRow {
    std::string address;
    std::string unreadable;
    ImportState state = ImportState::Active;
    ImportSource source = ImportSource::Csv;
    std::optional<Time> consented_at = std::nullopt;  // there; not known: now
    std::optional<Time> left_at = std::nullopt;
};

struct RefusedRow {
    std::int64_t row = 0;
    std::string reason;
};

struct ImportProgress {
    std::int64_t job = 0;
    std::int64_t next_row = 0;  // the first row not committed; rows are counted from 0
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicates = 0;  // were on the list already, or came twice
    std::int64_t kept_out = 0;  // had left, bounced or were blocked: nobody mails them here either
    bool finished = false;
};

struct ImportChunkResult {
    ImportProgress progress;
    std::vector<RefusedRow> refused;  // of this chunk
};

// Takes one part of a file.
using ExportSink = std::function<Task<Status>(std::string part)>;

struct ConsentVerdict {
    bool intact = false;
    std::int64_t entries = 0;      // that verified
    std::int64_t opened = 0;       // of these, whose reader is still there: address and details fit
    std::int64_t checkpoints = 0;  // that were signed over them and fit
    std::string head_hash;         // of the last good entry
    std::string root;              // of the tree over the good entries
    std::int64_t bad_seq = 0;      // the first bad entry
    std::string problem;           // what is wrong with it
};

// The consent tree's head, signed (model/checkpoint.h).
struct ConsentCheckpoint {
    std::int64_t size = 0;
    Time at;
    std::string note;
};

// One entry, what opens it, and its way to the root that the checkpoint signs.
struct ProvedConsent {
    model::ConsentEntry entry;
    std::string wording;
    std::string controller;
    model::ConsentDetail detail;
    std::optional<model::ConsentOrigin> origin;
    std::vector<std::string> path;
};

// Whoever trusts the key can check it without us (docs/CONSENT.md).
struct ConsentProof {
    std::string address;
    std::string address_key;
    std::string salt;
    std::string key;
    ConsentCheckpoint checkpoint;
    std::vector<ProvedConsent> entries;
};

struct ConsentConsistency {
    bool consistent = false;
    std::int64_t first = 0;        // entries that were signed then
    ConsentCheckpoint checkpoint;  // of now
    std::vector<std::string> proof;
    std::string key;
    std::string problem;  // why not
};

}  // namespace tocsin::audience
