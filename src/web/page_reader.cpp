#include "web/page_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "mail/template.h"
#include "net/form.h"

namespace tocsin::web {

namespace {

// More than any browser sends; the header's own limit bounds the rest.
constexpr int kRangesMax = 32;

// "0.8" -> 800; what is no weight counts as none at all.
int weight_of(std::string_view parameters) {
    const std::string_view text = trim(parameters);
    if (text.empty()) {
        return 1000;
    }
    if (text.size() < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=' ||
        (text[2] != '0' && text[2] != '1')) {
        return 0;
    }
    if (text[2] == '1') {
        return 1000;
    }
    int weight = 0;
    int place = 100;
    for (const char c : text.substr(std::min<std::size_t>(4, text.size()))) {
        if (c < '0' || c > '9' || place == 0) {
            return 0;
        }
        weight += (c - '0') * place;
        place /= 10;
    }
    return weight;
}

std::string asked_for(const std::vector<std::string>& languages, const net::HttpRequest& request) {
    if (request.query.empty()) {
        return {};
    }
    const Result<net::Form> query = net::parse_urlencoded(request.query);
    return query ? language_for_tag(languages, query->get("lang")) : std::string();
}

}  // namespace

std::string PageReader::text(std::string_view key, mail::Catalog::Values values) const {
    return services.templates.catalog().text(language, key, values);
}

std::string PageReader::count(std::string_view key, std::int64_t number) const {
    return services.templates.catalog().count(language, key, number);
}

std::string PageReader::action(std::string_view path) const {
    return std::string(path) + "?lang=" + language;
}

std::string PageReader::shown_time(Time time) const {
    return services.templates.catalog().date_time(language, time, "UTC");
}

std::vector<std::string> offered_languages(const ReaderServices& services) {
    const mail::Catalog& catalog = services.templates.catalog();
    std::vector<std::string> out;
    for (const std::string& language : services.languages) {
        const std::string known = language_for_tag(catalog.languages(), language);
        if (!known.empty() && std::ranges::find(out, known) == out.end()) {
            out.push_back(known);
        }
    }
    return out.empty() ? std::vector<std::string>{std::string(mail::Catalog::kEnglish)} : out;
}

std::string language_for_tag(const std::vector<std::string>& languages, std::string_view tag) {
    std::string range = ascii_lower(tag);
    while (!range.empty()) {
        if (std::ranges::find(languages, range) != languages.end()) {
            return range;
        }
        const std::size_t dash = range.rfind('-');
        range.resize(dash == std::string::npos ? 0 : dash);
    }
    return {};
}

std::string language_for_header(const std::vector<std::string>& languages,
                                std::string_view accept_language) {
    std::string best;
    int best_weight = 0;
    for (int i = 0; i < kRangesMax && !accept_language.empty(); ++i) {
        const std::size_t end = std::min(accept_language.find(','), accept_language.size());
        const std::string_view range = trim(accept_language.substr(0, end));
        accept_language.remove_prefix(std::min(end + 1, accept_language.size()));
        const std::size_t semicolon = std::min(range.find(';'), range.size());
        const int weight =
            semicolon == range.size() ? 1000 : weight_of(range.substr(semicolon + 1));
        if (weight > best_weight) {
            std::string language = language_for_tag(languages, trim(range.substr(0, semicolon)));
            if (!language.empty()) {
                best = std::move(language);
                best_weight = weight;
            }
        }
    }
    return best;
}

PageReader reader_of(const ReaderServices& services, const net::HttpRequest& request,
                     const LanguageHints& hints) {
    const std::vector<std::string> languages = offered_languages(services);
    std::string language = language_for_tag(languages, hints.stored);
    if (language.empty()) {
        language = asked_for(languages, request);
    }
    if (language.empty()) {
        language = language_for_header(languages, request.headers.get("accept-language"));
    }
    if (language.empty()) {
        language = language_for_tag(languages, hints.list);
    }
    return PageReader{services, language.empty() ? languages.front() : language};
}

}  // namespace tocsin::web
