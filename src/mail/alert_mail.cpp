#include "mail/alert_mail.h"

#include "base/bytes.h"

namespace tocsin::mail {

namespace {

// "BREAKING NEWS" is what readers look for; a correction must never look like news.
std::string kicker(const Catalog& catalog, std::string_view language, AlertMailKind kind) {
    switch (kind) {
        case AlertMailKind::Alert:
            return catalog.text(language, "kind.breaking");
        case AlertMailKind::Update:
            return catalog.text(language, "kind.update");
        case AlertMailKind::Correction:
            return catalog.text(language, "kind.correction");
        case AlertMailKind::Retraction:
            return catalog.text(language, "kind.retraction");
    }
    return "";
}

std::string_view section(AlertMailKind kind) {
    switch (kind) {
        case AlertMailKind::Alert:
            return "IS_ALERT";
        case AlertMailKind::Update:
            return "IS_UPDATE";
        case AlertMailKind::Correction:
            return "IS_CORRECTION";
        case AlertMailKind::Retraction:
            return "IS_RETRACTION";
    }
    return "";
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

}  // namespace

Result<RenderedMail> render_alert_mail(const Templates& templates, const AlertMailValues& alert) {
    const std::string kind = kicker(templates.catalog(), alert.language, alert.kind);
    TemplateValues values;
    values.set("NEWSPAPER", alert.newspaper)
        .set("SITE_URL", alert.site_url)
        .set("LIST", alert.list_name)
        .set("KICKER", kind)
        .set("KICKER_UPPER", upper(kind))
        .set("HEADLINE", alert.headline)
        .set("UNSUBSCRIBE_URL", alert.unsubscribe_url)
        .set("PREFERENCES_URL", alert.preferences_url)
        .show(section(alert.kind))
        .show_if(alert.kind == AlertMailKind::Alert || alert.kind == AlertMailKind::Update,
                 "MAY_MUTE")
        .set_if_any("SUMMARY", alert.summary)
        .set_if_any("ARTICLE_URL", alert.article_url)
        .set_if_any("ORIGINAL_HEADLINE", alert.original_headline)
        .set_if_any("PUBLISHED", alert.published)
        .set_if_any("WEB_URL", alert.web_url)
        .set_if_any("POSTAL_ADDRESS", alert.postal_address)
        .set_if_any("PRIVACY_URL", alert.privacy_url);
    for (const std::string& paragraph : alert.body) {
        values.add("PARAGRAPH").set("TEXT", paragraph);
    }
    RenderedMail out;
    TRY_AS(out.text, templates.render("mail/alert.txt.tpl", alert.language, values));
    TRY_AS(out.html, templates.render("mail/alert.html.tpl", alert.language, values));
    return out;
}

std::string alert_mail_subject(const Catalog& catalog, std::string_view language,
                               AlertMailKind kind, std::string_view headline) {
    if (kind == AlertMailKind::Alert) {
        return std::string(headline);
    }
    return kicker(catalog, language, kind) + ": " + std::string(headline);
}

std::vector<std::string> split_paragraphs(std::string_view text) {
    std::vector<std::string> out;
    std::string paragraph;
    const auto close = [&] {
        if (!paragraph.empty()) {
            out.push_back(std::move(paragraph));
            paragraph.clear();
        }
    };
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) {
            close();
            continue;
        }
        paragraph += paragraph.empty() ? "" : " ";
        paragraph += line;
    }
    close();
    return out;
}

}  // namespace tocsin::mail
