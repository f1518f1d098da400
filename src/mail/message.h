// Alert mail: one frozen template, spliced with each recipient's few bytes.
//
// compile() builds everything that is the same for all recipients once: encoded headers, the
// multipart/alternative body in quoted-printable, the boundary, the Date. What differs are slots:
// the address, the Message-ID, the thread's original and the links' tokens. Composing for a
// recipient copies the frozen bytes with the slots filled, finishes the body hash from the SHA-256
// state of the common prefix, and signs. The same recipient gives the same bytes, always: that is
// what makes a resend recognizable as one.
//
// The bytes: CRLF line ends only, lines of at most 998 bytes (76 in the body), 7-bit unless the
// address itself is not, and no line begins with '.': dot-stuffing is the identity, so the same
// bytes serve DATA (append ".\r\n") and BDAT. The body is its own relaxed canonical form.
//
// Header values with CR, LF, NUL or another control character are refused, never repaired.
//
// Owner: alerts compiles and stores encode()'s bytes; delivery decodes and composes.
// MessageTemplate is an immutable value, thread-safe. A MessageComposer belongs to one thread and
// must not outlive its template; in steady state it allocates nothing but `out`'s growth.
//
// To render the parts see alert_mail.h; for single mails (confirmations) see single_mail.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/dkim.h"

namespace tocsin::mail {

// Where these stand in `text` or `html`, each recipient's own link goes. They look like URLs so
// that HTML escaping and URL checks let them pass unchanged.
inline constexpr std::string_view kUnsubscribeUrlMarker =
    "https://unsubscribe-link.tocsin.invalid/";
inline constexpr std::string_view kPreferencesUrlMarker =
    "https://preferences-link.tocsin.invalid/";

struct MailContent {
    std::string from_name;     // any UTF-8 text; may be empty
    std::string from_address;  // ASCII
    std::string subject;       // any UTF-8 text
    Time date;
    std::string text;  // UTF-8 with "\n" or "\r\n" line ends and the markers above
    std::string html;
    std::string list_id;            // "Breaking news <breaking.news.example>", the name in UTF-8
    std::string feedback_id;        // "alert42:breaking:tocsin:sender"; may be empty
    std::string message_id_domain;  // what follows '@' in Message-IDs
    std::string unsubscribe_url_prefix;  // "https://host/u/": the token follows
    std::string preferences_url_prefix;  // "https://host/p/": the token follows
    std::string unsubscribe_mailto;      // "mailto:leave@host?subject=": the token follows; may be
                                         // empty (then no mailto in List-Unsubscribe)
    std::size_t unsubscribe_token_chars = 0;  // tokens are of one length (mail/token.h kTokenChars)
    std::size_t preferences_token_chars = 0;
    // Further headers, values verbatim ASCII or UTF-8 text. None of those built here.
    std::vector<std::pair<std::string, std::string>> extra_headers;
};

class MessageTemplate {
  public:
    static Result<MessageTemplate> compile(const MailContent& content);

    // The frozen form: a version, the parts, a SHA-256 of all before it.
    std::string encode() const;
    // Corrupt if the bytes are not exactly what encode() wrote.
    static Result<MessageTemplate> decode(std::string_view bytes);

    // The same message with another Date, for freezing the moment of release.
    MessageTemplate dated(Time date) const;

    Time date() const;
    const std::string& message_id_domain() const;
    // About how long a composed message is, for reserving buffers.
    std::size_t size_hint() const;

    struct Impl;
    const Impl& impl() const { return *impl_; }

  private:
    explicit MessageTemplate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

// Everything that differs between recipients. Views: they need to live only through the call.
struct Recipient {
    std::string_view address;            // as sent; UTF-8 local parts are written raw (RFC 6532)
    std::string_view message_id;         // without <>
    std::string_view unsubscribe_token;  // of the template's token lengths, base64url characters
    std::string_view preferences_token;
    std::string_view references = {};  // the original's Message-ID without <>; empty: no thread
};

class MessageComposer {
  public:
    // Without keys the message is not signed. Both must outlive the composer.
    MessageComposer(const MessageTemplate& message, const DkimKeys* keys);
    MessageComposer(MessageComposer&&) noexcept;
    MessageComposer& operator=(MessageComposer&&) noexcept;
    ~MessageComposer();

    // Replaces `out` by the complete signed message. Invalid if a field of the recipient cannot
    // stand where it belongs (a control character, a token of another length).
    Status compose(const Recipient& recipient, std::string& out);

    // Both of `recipients`, as compose() would: byte for byte the same messages and errors. Their
    // bodies are hashed side by side, which saves half of what hashing costs.
    std::array<Status, 2> compose_pair(const std::array<Recipient, 2>& recipients,
                                       const std::array<std::string*, 2>& outs);

    // The same as compose() in two steps, so that a pool may sign: prepare() leaves the signature
    // values blank, DkimSigner::sign() fills them. Without keys nothing is pending and `out` is
    // complete.
    Status prepare(const Recipient& recipient, std::string& out, PendingSignature& pending);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// "<alert>.<16 hex digits>@<domain>", without <>. The digits are a SHA-256 of the alert and the
// subscriber's random 16-byte subject: the original's id can be computed for any recipient, and
// says nothing about the address. `out` is replaced.
void message_id_for(std::uint64_t alert, std::string_view subject, std::string_view domain,
                    std::string& out);

}  // namespace tocsin::mail
