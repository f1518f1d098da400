// What a stranger types, put into every kind of place of a page: the markup around it must stay
// what it was. Played by template_attack_test.cpp (own shapes, the corpus) and
// fuzz/template_fuzz.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "mail/template.h"

namespace tocsin::mail {

inline constexpr std::string_view kAttackedPage = "templates/attacked.html.tpl";

inline Templates attacked_templates() {
    auto made = Templates::load_from(
        {{std::string(kAttackedPage),
          "<p>{{V}}</p><a href=\"{{V}}\" title=\"{{V}}\">x</a>"
          "<textarea name=\"t\">{{V}}</textarea><input name=\"i\" value=\"{{V}}\">\n"}});
    CHECK(made);
    return std::move(*made);
}

// What is wrong with the page that has the value in it; empty: nothing.
inline std::string harm_of(const Templates& templates, std::string_view value) {
    TemplateValues values;
    values.set("V", value);
    const auto page = templates.render(kAttackedPage, values);
    if (!page) {
        return "it cannot be rendered: " + page.error().message();
    }
    const auto count = [&](char c) { return std::ranges::count(*page, c); };
    if (count('<') != 7 || count('>') != 7) {
        return "it brought a tag: " + *page;
    }
    if (count('"') != 10) {
        return "it ended an attribute: " + *page;
    }
    const std::size_t link = page->find("href=\"") + 6;
    std::string target = ascii_lower(page->substr(link, page->find('"', link) - link));
    std::erase_if(target, [](unsigned char c) { return c <= ' '; });
    for (const std::string_view scheme : {"javascript:", "vbscript:", "data:"}) {
        if (target.starts_with(scheme)) {
            return "it became a link that runs: " + *page;
        }
    }
    return {};
}

}  // namespace tocsin::mail
