// Templates: the pages and mails under web/, filled with values.
//
// A thin wrapper over ctemplate, which has no logic beyond "show this section, perhaps repeatedly"
// and escapes every value for the place where it stands (text, attribute, URL, script, style).
// ctemplate's headers stay inside template.cpp.
//
// The file's name says how its values are escaped:
//   *.txt.tpl            text: not at all
//   *.xml.tpl            XML
//   every other *.tpl    HTML, by context. There is no way to insert a value unescaped.
// What may stand in a file:
//   {{NAME}}             a value; nothing if it was not set
//   {{#NAME}}..{{/NAME}} a section: shown once for each show() or add() of that name. Inside it,
//                        values are looked up in the section first, then outwards
//   {{>path/of.tpl}}     that file's text, put here when templates are loaded (same values)
//   {{%LAYOUT path.tpl}} on the first line: this file's text takes the place of {{>CONTENT}} in the
//                        named layout
//   {{! remark }}        nothing
//   {{@key}}             words of the language in which the file is rendered (template_words.h)
// A line that holds only a section mark, a remark or an include of them leaves no blank line.
//
// A file with words in it is kept once a language, made ready when it is first asked for; load()
// checks the English one, the tests check all. Two values are there of themselves: LANG ("ar") and
// DIR ("rtl").
//
// Owner: app loads one Templates at start and lends it. Thread-safe: render() may be called from
// any thread. Failure: load() names the file and line; render() fails only for a file that is not
// there.
#pragma once

#include <concepts>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mail/catalog.h"

namespace tocsin::mail {

// The values of one rendering. A regular value: copy it, keep it, pass it about.
class TemplateValues {
  public:
    // The later of two values of one name counts. Returns *this.
    TemplateValues& set(std::string_view name, std::string_view text);
    TemplateValues& set(std::string_view name, std::integral auto number) {
        return set(name, std::string_view(std::to_string(number)));
    }
    // Shows the section once, with the values of this level. Returns *this.
    TemplateValues& show(std::string_view section);
    TemplateValues& show_if(bool wanted, std::string_view section) {
        return wanted ? show(section) : *this;
    }
    // Sets the value and shows the section of the same name, if the text is not empty:
    // {{#NAME}}...{{NAME}}...{{/NAME}}. Returns *this.
    TemplateValues& set_if_any(std::string_view name, std::string_view text);
    // One more repetition of the section; returns its own values, valid as long as this object.
    TemplateValues& add(std::string_view section);

  private:
    friend class Templates;
    std::vector<std::pair<std::string, std::string>> values_;
    std::list<std::pair<std::string, TemplateValues>> sections_;  // references stay valid
};

class Templates {
  public:
    // From the files inside the program: templates/*.tpl, mail/*.tpl and the catalog.
    static Result<Templates> load();
    // From (path, text) pairs: for tests.
    static Result<Templates> load_from(
        const std::vector<std::pair<std::string, std::string>>& files);
    static Result<Templates> load_from(
        const std::vector<std::pair<std::string, std::string>>& files, Catalog catalog);

    Templates(Templates&&) noexcept;
    Templates& operator=(Templates&&) noexcept;
    ~Templates();

    // `file` is the path under web/: "templates/desk.html.tpl", "mail/alert.txt.tpl". A language
    // that the catalog has not is English.
    Result<std::string> render(std::string_view file, std::string_view language,
                               const TemplateValues& values) const;
    // In English: the desk, and what has no words of the catalog.
    Result<std::string> render(std::string_view file, const TemplateValues& values) const {
        return render(file, Catalog::kEnglish, values);
    }

    const Catalog& catalog() const;
    // Every file that can be rendered.
    std::vector<std::string> files() const;

  private:
    struct Impl;
    explicit Templates(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::mail
