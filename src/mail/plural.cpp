// Plural forms of whole numbers, from Unicode CLDR 42 (Language Plural Rules). French, Italian,
// Portuguese and Spanish also have "many" for millions; nothing that readers see counts so far.
#include <algorithm>

#include "mail/catalog.h"

namespace tocsin::mail {

namespace {

using Forms = std::vector<std::string_view>;

// "2, 3, 4, 22, 23 ...", but not the teens: the few of the Slavic languages.
bool is_slavic_few(std::int64_t n) {
    return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14);
}

std::string_view arabic_form(std::int64_t n) {
    if (n <= 2) {
        return n == 0 ? "zero" : n == 1 ? "one" : "two";
    }
    if (n % 100 >= 3 && n % 100 <= 10) {
        return "few";
    }
    return n % 100 >= 11 ? "many" : "other";
}

}  // namespace

std::string_view plural_form(std::string_view language, std::int64_t number) {
    const std::int64_t n = number < 0 ? -number : number;
    if (language == "ja") {
        return "other";
    }
    if (language == "ar") {
        return arabic_form(n);
    }
    if (language == "pl") {
        return n == 1 ? "one" : is_slavic_few(n) ? "few" : "many";
    }
    if (language == "uk") {
        const bool one = n % 10 == 1 && n % 100 != 11;
        return one ? "one" : is_slavic_few(n) ? "few" : "many";
    }
    if (language == "he" && n == 2) {
        return "two";
    }
    if (language == "fr" || language == "pt") {
        return n <= 1 ? "one" : "other";
    }
    return n == 1 ? "one" : "other";
}

std::vector<std::string_view> plural_forms(std::string_view language) {
    constexpr std::int64_t kEveryForm = 111;  // they all come up to here
    Forms forms;
    for (std::int64_t n = 0; n <= kEveryForm; ++n) {
        const std::string_view form = plural_form(language, n);
        if (std::ranges::find(forms, form) == forms.end()) {
            forms.push_back(form);
        }
    }
    return forms;
}

}  // namespace tocsin::mail
