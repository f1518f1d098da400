#include "web/mail_preview.h"

#include "alerts/alert_compile.h"
#include "mail/alert_mail.h"

namespace tocsin::web {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace

PreviewView parse_preview_view(std::string_view text) {
    if (text == "narrow") {
        return PreviewView::Narrow;
    }
    if (text == "dark") {
        return PreviewView::Dark;
    }
    return text == "text" ? PreviewView::Text : PreviewView::Wide;
}

std::string preview_document(const alerts::Preview& preview, PreviewView view) {
    if (view == PreviewView::Text) {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Text</title>"
               "<style>:root{color-scheme:light}body{margin:24px;background:#fff;color:#16181d;"
               "font:15px/1.5 ui-monospace,\"Liberation Mono\",monospace;white-space:pre-wrap;"
               "overflow-wrap:anywhere}</style></head><body>" +
               escaped(preview.text) + "</body></html>";
    }
    std::string html = preview.html;
    // The frame takes the editor's own preference; the preview must not.
    const bool dark = view == PreviewView::Dark;
    replace_all(html, "(prefers-color-scheme: dark)", dark ? "all" : "not all");
    replace_all(html, "color-scheme: light dark;",
                dark ? "color-scheme: dark;" : "color-scheme: light;");
    replace_all(html, "content=\"light dark\"", dark ? "content=\"dark\"" : "content=\"light\"");
    return html;
}

std::string mail_subject(const mail::Catalog& catalog, std::string_view language,
                         model::AlertKind kind, std::string_view headline) {
    return mail::alert_mail_subject(catalog, language, alerts::mail_kind(kind), headline);
}

}  // namespace tocsin::web
