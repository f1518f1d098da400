#include "mail/confirmation_mail.h"

#include "mail/single_mail.h"

namespace tocsin::mail {

namespace {

// "48 hours", "2 days".
std::string duration_words(int hours) {
    if (hours % 24 == 0 && hours > 48) {
        return std::to_string(hours / 24) + " days";
    }
    return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
}

TemplateValues sender_values(const MailSender& sender, int valid_hours) {
    TemplateValues values;
    values.set("LANGUAGE", sender.language)
        .set("NEWSPAPER", sender.newspaper)
        .set("SITE_URL", sender.site_url)
        .set_if_any("POSTAL_ADDRESS", sender.postal_address)
        .set_if_any("PRIVACY_URL", sender.privacy_url)
        .set_if_any("VALID", valid_hours > 0 ? duration_words(valid_hours) : std::string());
    return values;
}

struct Frame {
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
    TRY_AS(mail.text, templates.render(frame.template_name + ".txt.tpl", values));
    TRY_AS(mail.html, templates.render(frame.template_name + ".html.tpl", values));
    // RFC 3834: nobody's holiday notice should answer; Exchange has its own way of saying so.
    mail.extra_headers = {{"Auto-Submitted", "auto-generated"},
                          {"X-Auto-Response-Suppress", "All"}};
    return build_single_mail(mail);
}

}  // namespace

Result<std::string> compose_confirmation(const Templates& templates, const MailSender& sender,
                                         const ConfirmationMail& mail) {
    TemplateValues values = sender_values(sender, mail.valid_hours);
    values.set("CONFIRM_URL", mail.confirm_url).set_if_any("NOT_ME_URL", mail.not_me_url);
    for (const std::string& list : mail.lists) {
        values.add("LIST").set("NAME", list);
    }
    return compose(templates, sender, values,
                   Frame{mail.to_address, "Confirm your sign-up to " + sender.newspaper, mail.date,
                         mail.message_id, "mail/confirm"});
}

Result<std::string> compose_manage_link(const Templates& templates, const MailSender& sender,
                                        const ManageLinkMail& mail) {
    TemplateValues values = sender_values(sender, mail.valid_hours);
    values.set("MANAGE_URL", mail.manage_url);
    return compose(templates, sender, values,
                   Frame{mail.to_address, "Your email settings for " + sender.newspaper, mail.date,
                         mail.message_id, "mail/manage"});
}

}  // namespace tocsin::mail
