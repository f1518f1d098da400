#include "web/inbox_links.h"

#include <algorithm>

namespace tocsin::web {
namespace {

void add(std::vector<std::string>& links, std::string link) {
    const bool web = link.starts_with("http://") || link.starts_with("https://");
    const bool whole = link.size() > std::string_view("https://").size();
    if (web && whole && std::find(links.begin(), links.end(), link) == links.end()) {
        links.push_back(std::move(link));
    }
}

// Bare links end at white space, quotes and angle brackets, and leave a sentence's full stop out.
void add_from_text(std::vector<std::string>& links, std::string_view text) {
    std::size_t at = 0;
    while ((at = text.find("http", at)) != std::string_view::npos) {
        std::string_view link = text.substr(at, text.find_first_of(" \t\r\n<>\"'", at) - at);
        at += link.size();
        while (!link.empty() &&
               std::string_view(".,;:!?)]").find(link.back()) != std::string_view::npos) {
            link.remove_suffix(1);
        }
        add(links, std::string(link));
    }
}

std::string unescaped(std::string_view attribute) {
    std::string out;
    while (!attribute.empty()) {
        constexpr std::string_view kAmp = "&amp;";
        if (attribute.starts_with(kAmp)) {
            out += '&';
            attribute.remove_prefix(kAmp.size());
        } else {
            out += attribute.front();
            attribute.remove_prefix(1);
        }
    }
    return out;
}

void add_from_html(std::vector<std::string>& links, std::string_view html) {
    constexpr std::string_view kHref = "href=\"";
    std::size_t at = 0;
    while ((at = html.find(kHref, at)) != std::string_view::npos) {
        at += kHref.size();
        const std::size_t end = html.find('"', at);
        add(links, unescaped(html.substr(at, end - at)));
    }
}

}  // namespace

std::vector<std::string> links_of(const mail::ParsedMail& mail) {
    std::vector<std::string> links;
    add_from_text(links, mail.text);
    add_from_html(links, mail.html);
    return links;
}

}  // namespace tocsin::web
