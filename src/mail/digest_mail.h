// The digest: what was held back for one reader, in one mail. Fills web/mail/digest.*.tpl.
//
// Pure; thread-safe. The result is a complete unsigned message for the outbox.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/confirmation_mail.h"
#include "mail/template.h"

namespace tocsin::mail {

struct DigestStory {
    std::string headline;
    std::string summary;
    std::string url;         // http or https
    std::string when;        // for people, in the reader's zone: "24 November 2026, 06:35"
    bool corrected = false;  // it says what its correction says
};

struct DigestMail {
    std::string language;  // the reader's; empty: the sender's
    std::string to_address;
    std::vector<DigestStory> stories;  // at least one
    std::string alerts_url;            // where everything is, told or not
    std::string preferences_url;
    std::string unsubscribe_url;  // RFC 8058: takes the one-click POST
    Time date;
    std::string message_id;
};

Result<std::string> compose_digest(const Templates& templates, const MailSender& sender,
                                   const DigestMail& mail);

}  // namespace tocsin::mail
