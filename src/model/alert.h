// What an alert is: kinds, states, the moves between them, and the content that an approval binds.
// Pure functions and values; any thread.
//
//            edit                 cancel_approval | edit
//           +----+              +---------------------+
//           v    |  approve     v                     |     release            finish
//          [ draft ] ------> (enough people) ---> [ approved ] ----> [ released ] ----> [ finished
//          ]
//                                                                        | stop
//                                                                        v
//                                                                    [ stopped ]
//
// Any edit makes a new revision and voids every approval. What is sent is the newest revision, and
// only with approvals of exactly its hash.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"

namespace tocsin::model {

enum class AlertKind { Alert, Update, Correction, Retraction };
std::string_view to_string(AlertKind kind);  // "alert", "update", ...: stored and shown in JSON
std::optional<AlertKind> parse_alert_kind(std::string_view text);
// Update, correction, retraction: they name the released alert that they follow.
bool follows_another(AlertKind kind);
// Correction, retraction: they go to exactly those the original reached, and stop its rest first.
bool goes_to_those_reached(AlertKind kind);

enum class AlertState { Draft, Approved, Released, Stopped, Finished };
std::string_view to_string(AlertState state);
std::optional<AlertState> parse_alert_state(std::string_view text);

// Released, stopped or finished: mail has left, the public may see it.
bool was_released(AlertState state);

enum class AlertMove { Edit, Approve, CancelApproval, Release, Stop, Finish };
// The state after the move; nullopt if the state forbids it. Approve here is the last approval
// that was needed.
std::optional<AlertState> after(AlertState state, AlertMove move);

// How many approvals by people other than the author an alert needs, where `people_required`
// people must stand behind it. 1 (a one-person newsroom): one approval, the author's counts.
// N > 1: N - 1 approvals, the author's do not count.
struct ApprovalRule {
    int people_required = 1;

    int approvals_needed() const { return people_required > 1 ? people_required - 1 : 1; }
    bool author_may_approve() const { return people_required <= 1; }
};

// Major: for readers who want only the biggest, too.
enum class Priority { Normal, Major };
std::string_view to_string(Priority priority);  // "normal", "major": in JSON
std::optional<Priority> parse_priority(std::string_view text);

enum class Repeat { Resend, AtMostOnce };  // a message whose final reply was lost: send again?

struct AlertContent {
    AlertKind kind = AlertKind::Alert;
    AlertId of;                   // the alert it follows; not valid for AlertKind::Alert
    std::string headline;         // one line
    std::string summary;          // one paragraph
    std::string url;              // absolute http(s); empty: the alert's own page is linked
    std::string body;             // paragraphs separated by an empty line; may be empty
    std::vector<ListId> lists;    // ascending, each once
    std::vector<ListId> exclude;  // who has one of these gets nothing; ascending, each once
    Priority priority = Priority::Normal;
    std::string from_name;  // the sender as readers see it
    std::string from_address;
    Seconds not_after{Seconds(0)};  // life after release
    Repeat repeat = Repeat::Resend;
    std::string nonce;  // 32 hex digits: no two revisions have one hash

    friend bool operator==(const AlertContent&, const AlertContent&) = default;
};

// Life after release: from a minute (nothing could be retried) to a week (no news any more).
inline constexpr Seconds kNotAfterMin{60};
inline constexpr Seconds kNotAfterMax{7 * 24 * 3600};
inline constexpr Seconds kNotAfterDefault{4 * 3600};

// Who gets an alert or an update: active subscribers of one of `include` who have none of
// `exclude`. Ascending, each once.
struct AudienceLists {
    std::vector<ListId> include;
    std::vector<ListId> exclude;

    AudienceLists() = default;
    AudienceLists(std::vector<ListId> lists, std::vector<ListId> but = {})
        : include(std::move(lists)), exclude(std::move(but)) {}
    AudienceLists(std::initializer_list<ListId> lists) : include(lists) {}
    friend bool operator==(const AudienceLists&, const AudienceLists&) = default;
};

// What is wrong with one field, as a sentence for the person who typed it.
struct ContentProblem {
    std::string field;  // the JSON key
    std::string message;
};
enum class Completeness {
    Draft,     // limits and characters only: a draft may have holes
    Complete,  // what approval demands
};
// In the order of the fields; empty if there is none.
std::vector<ContentProblem> content_problems(const AlertContent& content, Completeness need);
Status check_content(const AlertContent& content, Completeness need);  // the first problem

// Line ends become "\n", trailing blanks go, runs of empty lines become one; lists are sorted and
// made unique. Done before a revision is written, so that the hash is over what people see.
AlertContent normalized(AlertContent content);

// Canonical JSON: keys in alphabetical order, no white space, only the escapes that JSON demands.
// "exclude" and "priority" stand in it only where they say something.
std::string canonical_json(const AlertContent& content);
// Corrupt if it is not exactly what canonical_json() writes.
Result<AlertContent> parse_content(std::string_view json);
// sha256 of the canonical JSON, raw.
std::string content_hash(std::string_view canonical);

// Body paragraphs, without the empty lines between them.
std::vector<std::string_view> paragraphs(std::string_view body);

// "Fire at Rotterdam's port: 3 hurt" -> "fire-at-rotterdams-port-3-hurt": [a-z0-9-], at most 60
// bytes, cut between words; "alert" if nothing is left.
std::string slug_of(std::string_view headline);

}  // namespace tocsin::model
