// What an alert looks like in the inbox: fills web/mail/alert.txt.tpl and alert.html.tpl.
//
// Pure; thread-safe. The result's texts go into MailContent (message.h), or into the desk's preview
// with other links in place of the markers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/message.h"
#include "mail/template.h"

namespace tocsin::mail {

enum class AlertMailKind { Alert, Update, Correction, Retraction };

struct AlertMailValues {
    AlertMailKind kind = AlertMailKind::Alert;
    std::string newspaper;  // the masthead
    std::string site_url;   // where the masthead leads
    std::string list_name;  // "Breaking news": in "why you get this"
    std::string headline;
    std::string summary;
    std::string article_url;        // http or https
    std::vector<std::string> body;  // paragraphs of plain text; may be empty
    std::string original_headline;  // what a correction or retraction is about; may be empty
    std::string published;          // for people: "24 November 2026, 06:35 UTC"; may be empty
    std::string web_url;            // the alert's page on the web; may be empty
    std::string postal_address;     // one line; may be empty
    std::string privacy_url;        // may be empty
    std::string language = "en";    // BCP 47
    std::string unsubscribe_url{kUnsubscribeUrlMarker};
    std::string preferences_url{kPreferencesUrlMarker};
};

struct RenderedMail {
    std::string text;
    std::string html;
};

Result<RenderedMail> render_alert_mail(const Templates& templates, const AlertMailValues& values);

// The Subject: the headline, with "Update: ", "Correction: " or "Retraction: " before it, in the
// language.
std::string alert_mail_subject(const Catalog& catalog, std::string_view language,
                               AlertMailKind kind, std::string_view headline);

// Plain text as paragraphs: split at blank lines, lines of one paragraph joined, none empty.
std::vector<std::string> split_paragraphs(std::string_view text);

}  // namespace tocsin::mail
