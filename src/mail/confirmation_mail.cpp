#include "mail/confirmation_mail.h"

#include "mail/single_mail.h"

namespace tocsin::mail {

namespace {

// "48 hours", "3 days".
std::string duration_words(const Catalog& catalog, std::string_view language, int hours) {
    constexpr int kDay = 24;
    return hours % kDay == 0 && hours > 2 * kDay ? catalog.count(language, "days.for", hours / kDay)
                                                 : catalog.count(language, "hours.for", hours);
}

TemplateValues sender_values(const MailSender& sender, const std::string& valid) {
    TemplateValues values;
    values.set("NEWSPAPER", sender.newspaper)
        .set("SITE_URL", sender.site_url)
        .set_if_any("POSTAL_ADDRESS", sender.postal_address)
        .set_if_any("PRIVACY_URL", sender.privacy_url)
        .set_if_any("VALID", valid);
    return values;
}

struct Frame {
    std::string language;
    std::string to_address;
    std::string subject;
    Time date;
    std::string message_id;
    std::string template_name;  // without ".txt.tpl"
};

Result<std::string> compose(const Templates& templates, const MailSender& sender,
                            const TemplateValues& values, const Frame& frame) {
    SingleMail mail;
    mail.from_name = sender.newspaper;
    mail.from_address = sender.from_address;
    mail.to_address = frame.to_address;
    mail.subject = frame.subject;
    mail.date = frame.date;
    mail.message_id = frame.message_id;
    TRY_AS(mail.text, templates.render(frame.template_name + ".txt.tpl", frame.language, values));
    TRY_AS(mail.html, templates.render(frame.template_name + ".html.tpl", frame.language, values));
    // RFC 3834: nobody's holiday notice should answer; Exchange has its own way of saying so.
    mail.extra_headers = {{"Auto-Submitted", "auto-generated"},
                          {"X-Auto-Response-Suppress", "All"}};
    return build_single_mail(mail);
}

}  // namespace

Result<std::string> compose_confirmation(const Templates& templates, const MailSender& sender,
                                         const ConfirmationMail& mail) {
    const Catalog& catalog = templates.catalog();
    const std::string& language = mail.language.empty() ? sender.language : mail.language;
    TemplateValues values = sender_values(
        sender, mail.valid_hours > 0 ? duration_words(catalog, language, mail.valid_hours) : "");
    values.set("CONFIRM_URL", mail.confirm_url).set_if_any("NOT_ME_URL", mail.not_me_url);
    for (const std::string& list : mail.lists) {
        values.add("LIST").set("NAME", list);
    }
    return compose(
        templates, sender, values,
        Frame{language, mail.to_address,
              catalog.text(language, "mail_confirm.subject", {{"NEWSPAPER", sender.newspaper}}),
              mail.date, mail.message_id, "mail/confirm"});
}

Result<std::string> compose_manage_link(const Templates& templates, const MailSender& sender,
                                        const ManageLinkMail& mail) {
    const Catalog& catalog = templates.catalog();
    const std::string& language = mail.language.empty() ? sender.language : mail.language;
    TemplateValues values = sender_values(
        sender, mail.valid_hours > 0 ? duration_words(catalog, language, mail.valid_hours) : "");
    values.set("MANAGE_URL", mail.manage_url);
    return compose(
        templates, sender, values,
        Frame{language, mail.to_address,
              catalog.text(language, "mail_manage.subject", {{"NEWSPAPER", sender.newspaper}}),
              mail.date, mail.message_id, "mail/manage"});
}

}  // namespace tocsin::mail
