#include "mail/digest_mail.h"

#include "base/check.h"
#include "mail/single_mail.h"

namespace tocsin::mail {

Result<std::string> compose_digest(const Templates& templates, const MailSender& sender,
                                   const DigestMail& digest) {
    CHECK(!digest.stories.empty());
    const Catalog& catalog = templates.catalog();
    const std::string& language = digest.language.empty() ? sender.language : digest.language;
    TemplateValues values;
    values.set("NEWSPAPER", sender.newspaper)
        .set("SITE_URL", sender.site_url)
        .set("ALERTS_URL", digest.alerts_url)
        .set("PREFERENCES_URL", digest.preferences_url)
        .set("UNSUBSCRIBE_URL", digest.unsubscribe_url)
        .set_if_any("POSTAL_ADDRESS", sender.postal_address)
        .set_if_any("PRIVACY_URL", sender.privacy_url);
    for (const DigestStory& story : digest.stories) {
        values.add("STORY")
            .set("HEADLINE", story.headline)
            .set("URL", story.url)
            .set("WHEN", story.when)
            .show_if(story.corrected, "CORRECTED")
            .set_if_any("SUMMARY", story.summary);
    }
    const auto count = static_cast<std::int64_t>(digest.stories.size());
    SingleMail mail;
    mail.from_name = sender.newspaper;
    mail.from_address = sender.from_address;
    mail.to_address = digest.to_address;
    mail.subject = catalog.text(language, "mail_digest.subject",
                                {{"ALERTS", catalog.count(language, "mail_digest.alerts", count)},
                                 {"HEADLINE", digest.stories.front().headline}});
    mail.date = digest.date;
    mail.message_id = digest.message_id;
    TRY_AS(mail.text, templates.render("mail/digest.txt.tpl", language, values));
    TRY_AS(mail.html, templates.render("mail/digest.html.tpl", language, values));
    mail.extra_headers = {{"List-Unsubscribe", "<" + digest.unsubscribe_url + ">"},
                          {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
                          {"Auto-Submitted", "auto-generated"},
                          {"X-Auto-Response-Suppress", "All"}};
    return build_single_mail(mail);
}

}  // namespace tocsin::mail
