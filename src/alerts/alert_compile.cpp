#include "alerts/alert_compile.h"

#include "mail/message_set.h"
#include "mail/token.h"

namespace tocsin::alerts {

namespace {

std::vector<std::string> names_of(const std::vector<store::ListName>& lists) {
    std::vector<std::string> names;
    for (const store::ListName& list : lists) {
        names.push_back(list.name);
    }
    return names;
}

mail::AlertMailValues mail_values(const mail::Catalog& catalog, std::string_view language,
                                  const AlertsSettings& settings,
                                  const model::AlertContent& content, const MailContext& context) {
    mail::AlertMailValues values;
    values.kind = mail_kind(content.kind);
    values.newspaper = settings.site_name;
    values.site_url = settings.public_url + "/";
    values.list_name = context.lists.empty() ? settings.site_name
                                             : catalog.joined(language, names_of(context.lists));
    values.headline = content.headline;
    values.summary = content.summary;
    values.web_url = settings.public_url + "/alerts/" + context.slug;
    values.article_url = content.url.empty() ? values.web_url : content.url;
    values.body = mail::split_paragraphs(content.body);
    values.original_headline = context.original_headline;
    values.postal_address = settings.postal_address;
    values.privacy_url = settings.privacy_url;
    values.language = language;
    return values;
}

// "https://alerts.example.org:8443/x" -> "alerts.example.org"
std::string host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    url.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
    return std::string(url.substr(0, url.find_first_of(":/")));
}

// RFC 2919: one list has its own id; an alert to several is from the newsroom as a whole.
std::string list_id(const AlertsSettings& settings, const std::vector<store::ListName>& lists) {
    const std::string domain =
        settings.list_id_domain.empty() ? host_of(settings.public_url) : settings.list_id_domain;
    if (lists.size() == 1) {
        return fmt::format("{} <{}.{}>", lists[0].name, lists[0].slug, domain);
    }
    return fmt::format("{} <alerts.{}>", settings.site_name, domain);
}

// "campaign:customer:mail type:sender", as mailbox providers group complaints by it.
std::string feedback_id(const model::AlertContent& content, const MailContext& context) {
    const std::string list = context.lists.size() == 1 ? context.lists[0].slug : "alerts";
    return fmt::format("alert{}:{}:{}:tocsin", context.alert.value(), list,
                       model::to_string(content.kind));
}

}  // namespace

mail::AlertMailKind mail_kind(model::AlertKind kind) {
    switch (kind) {
        case model::AlertKind::Alert:
            return mail::AlertMailKind::Alert;
        case model::AlertKind::Update:
            return mail::AlertMailKind::Update;
        case model::AlertKind::Correction:
            return mail::AlertMailKind::Correction;
        case model::AlertKind::Retraction:
            return mail::AlertMailKind::Retraction;
    }
    return mail::AlertMailKind::Alert;
}

Result<Preview> render_preview(const mail::Templates& templates, const AlertsSettings& settings,
                               const model::AlertContent& content, const MailContext& context) {
    Preview preview;
    preview.problems = model::content_problems(content, model::Completeness::Complete);
    const mail::Catalog& catalog = templates.catalog();
    const std::string& language = settings.languages.front();
    preview.subject =
        mail::alert_mail_subject(catalog, language, mail_kind(content.kind), content.headline);
    mail::AlertMailValues values = mail_values(catalog, language, settings, content, context);
    values.unsubscribe_url = settings.public_url + "/u/...";
    values.preferences_url = settings.public_url + "/p/...";
    TRY_AS(mail::RenderedMail rendered, mail::render_alert_mail(templates, values));
    preview.text = std::move(rendered.text);
    preview.html = std::move(rendered.html);
    return preview;
}

namespace {

Result<mail::MessageTemplate> compile_in(const std::string& language,
                                         const mail::Templates& templates,
                                         const AlertsSettings& settings,
                                         const model::AlertContent& content,
                                         const MailContext& context, Time date) {
    const mail::Catalog& catalog = templates.catalog();
    TRY_AS(mail::RenderedMail rendered,
           mail::render_alert_mail(templates,
                                   mail_values(catalog, language, settings, content, context)));
    mail::MailContent message;
    message.from_name = content.from_name;
    message.from_address = content.from_address;
    message.subject =
        mail::alert_mail_subject(catalog, language, mail_kind(content.kind), content.headline);
    message.date = date;
    message.text = std::move(rendered.text);
    message.html = std::move(rendered.html);
    message.list_id = list_id(settings, context.lists);
    message.feedback_id = feedback_id(content, context);
    message.message_id_domain = settings.message_id_domain;
    message.unsubscribe_url_prefix = settings.public_url + "/u/";
    message.preferences_url_prefix = settings.public_url + "/p/";
    message.unsubscribe_mailto = settings.unsubscribe_mailto;
    message.unsubscribe_token_chars = mail::kTokenChars;
    message.preferences_token_chars = mail::kTokenChars;
    return mail::MessageTemplate::compile(message);
}

}  // namespace

Result<std::string> compile_alert(const mail::Templates& templates, const AlertsSettings& settings,
                                  const model::AlertContent& content, const MailContext& context,
                                  Time date) {
    std::vector<std::pair<std::string, mail::MessageTemplate>> messages;
    for (const std::string& language : settings.languages) {
        TRY_AS(mail::MessageTemplate message,
               compile_in(language, templates, settings, content, context, date));
        messages.emplace_back(language, std::move(message));
    }
    return mail::MessageSet(std::move(messages)).encode();
}

Result<std::string> redate(const std::string& compiled, Time date) {
    TRY_AS(mail::MessageSet message, mail::MessageSet::decode(compiled));
    return message.dated(date).encode();
}

}  // namespace tocsin::alerts
