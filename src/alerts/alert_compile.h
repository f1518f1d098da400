// From a revision's content to mail: the preview that people approve and the frozen template that
// is sent. Both are made by the same functions from the same content, so what is seen is what
// leaves. Pure but for the templates it reads; any thread.
#pragma once

#include <string>
#include <vector>

#include "alerts/alerts.h"
#include "base/clock.h"
#include "base/result.h"
#include "mail/alert_mail.h"
#include "mail/template.h"
#include "model/alert.h"
#include "store/alerts.h"

namespace tocsin::alerts {

// What the mail says beside the revision's own content.
struct MailContext {
    AlertId alert;     // not valid for a draft that is not saved yet
    std::string slug;  // of the alert's page
    std::vector<store::ListName> lists;
    std::string original_headline;  // of the alert that it follows; may be empty
};

// What the mail calls the kind.
mail::AlertMailKind mail_kind(model::AlertKind kind);

// With links that lead nowhere in place of the reader's own.
Result<Preview> render_preview(const mail::Templates& templates, const AlertsSettings& settings,
                               const model::AlertContent& content, const MailContext& context);

// mail::MessageSet::encode() of the complete content, in each of the newsroom's languages.
Result<std::string> compile_alert(const mail::Templates& templates, const AlertsSettings& settings,
                                  const model::AlertContent& content, const MailContext& context,
                                  Time date);
// The same message with another Date. Corrupt if `compiled` does not verify.
Result<std::string> redate(const std::string& compiled, Time date);

}  // namespace tocsin::alerts
