// The two mails that a visitor of the site can cause: "confirm your sign-up" and "here is your
// preferences link". Fills web/mail/confirm.*.tpl and web/mail/manage.*.tpl.
//
// Neither contains anything the visitor typed but the address in To: the box is no weapon for
// sending somebody else's words. Both are marked Auto-Submitted (RFC 3834).
//
// Pure; thread-safe. The result is a complete unsigned message for the outbox.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/template.h"

namespace tocsin::mail {

// Who writes, for the foot of every mail.
struct MailSender {
    std::string newspaper;  // also the From name
    std::string from_address;
    std::string site_url;
    std::string postal_address;   // one line; may be empty
    std::string privacy_url;      // may be empty
    std::string language = "en";  // of mails that do not say theirs
};

struct ConfirmationMail {
    std::string language;  // the reader's; empty: the sender's
    std::string to_address;
    std::vector<std::string>
        lists;                // names of what is being subscribed to, as the newsroom wrote them
    std::string confirm_url;  // /c/{token}: a page with a button; the GET changes nothing
    std::string not_me_url;   // "this wasn't me"; may be empty
    int valid_hours = 48;     // how long the link works; 0: not said
    Time date;
    std::string message_id;  // without <>, deterministic if the mail may be built again
};

Result<std::string> compose_confirmation(const Templates& templates, const MailSender& sender,
                                         const ConfirmationMail& mail);

struct ManageLinkMail {
    std::string language;  // the reader's; empty: the sender's
    std::string to_address;
    std::string manage_url;  // /p/{token}
    int valid_hours = 24;    // 0: not said
    Time date;
    std::string message_id;
};

Result<std::string> compose_manage_link(const Templates& templates, const MailSender& sender,
                                        const ManageLinkMail& mail);

}  // namespace tocsin::mail
