// What ctemplate is not left to do:
//   - includes and layouts: they are put together as text here, so that auto-escaping sees whole
//     pages, every page has one set of values, and a missing file is found at start;
//   - complaining: ctemplate reports broken templates on standard error; sections are checked here
//     first, so that the error can name the file and the line.
#include "mail/template.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/assets.h"
#include "base/bytes.h"
#include "mail/template_words.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#pragma clang diagnostic pop

namespace tocsin::mail {

namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kLayout = "{{%LAYOUT ";
constexpr std::string_view kContentMark = "{{>CONTENT}}";
constexpr int kIncludeDepthMax = 8;

using Files = std::map<std::string, std::string, std::less<>>;

Error at_line(std::string_view file, std::string_view text, std::size_t at, std::string_view what) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return invalid(std::string(file) + " line " + std::to_string(line) + ": " + std::string(what));
}

bool is_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

// {{! remarks }} are taken out here: they may contain anything but "}}".
std::string without_remarks(std::string_view text) {
    std::string out;
    while (true) {
        const std::size_t at = text.find("{{!");
        const std::size_t end = at == std::string_view::npos ? at : text.find(kClose, at);
        if (end == std::string_view::npos) {
            return out += text;
        }
        std::string_view before = text.substr(0, at);
        text.remove_prefix(end + kClose.size());
        // A remark that has its line to itself leaves no blank line.
        const std::size_t line = before.find_last_not_of(" \t");
        const bool starts_line = line == std::string_view::npos || before[line] == '\n';
        if (starts_line && text.starts_with('\n')) {
            before = before.substr(0, line == std::string_view::npos ? 0 : line + 1);
            text.remove_prefix(1);
        }
        out += before;
    }
}

class Assembler {
  public:
    explicit Assembler(const Files& files) : files_(files) {}

    // The file's whole text: layout around it, includes in it.
    Result<std::string> assemble(std::string_view file, int depth = 0) const {
        const auto found = files_.find(file);
        if (found == files_.end()) {
            return not_found("there is no template " + std::string(file));
        }
        if (depth > kIncludeDepthMax) {
            return invalid(std::string(file) + " includes itself");
        }
        std::string text = without_remarks(found->second);
        if (!text.starts_with(kLayout)) {
            return include(file, text, depth);
        }
        const std::size_t end = text.find(kClose);
        if (end == std::string::npos) {
            return at_line(file, text, 0, "the layout mark is not closed");
        }
        const std::string layout_file(trim(text.substr(kLayout.size(), end - kLayout.size())));
        text.erase(0, end + kClose.size());
        if (text.starts_with('\n')) {
            text.erase(0, 1);
        }
        TRY_AS(const std::string content, include(file, text, depth));
        const auto layout = files_.find(layout_file);
        if (layout == files_.end()) {
            return invalid(std::string(file) + " names the layout " + layout_file +
                           ", which is not there");
        }
        const std::string around = without_remarks(layout->second);
        const std::size_t mark = around.find(kContentMark);
        if (mark == std::string::npos) {
            return invalid(layout_file + " is used as a layout but has no {{>CONTENT}}");
        }
        TRY_AS(const std::string before, include(layout_file, around.substr(0, mark), depth));
        TRY_AS(const std::string after,
               include(layout_file, around.substr(mark + kContentMark.size()), depth));
        return before + content + after;
    }

  private:
    Result<std::string> include(std::string_view file, std::string_view text, int depth) const {
        std::string out;
        std::size_t from = 0;
        while (true) {
            const std::size_t at = text.find("{{>", from);
            if (at == std::string_view::npos) {
                out += text.substr(from);
                return out;
            }
            const std::size_t end = text.find(kClose, at);
            if (end == std::string_view::npos) {
                return at_line(file, text, at, "the include mark is not closed");
            }
            const std::string name(trim(text.substr(at + 3, end - at - 3)));
            if (name == "CONTENT") {  // this file serves as a layout
                out += text.substr(from, end + kClose.size() - from);
                from = end + kClose.size();
                continue;
            }
            Result<std::string> part = assemble(name, depth + 1);
            if (!part) {
                return at_line(file, text, at, part.error().message());
            }
            out += text.substr(from, at - from);
            out += *part;
            from = end + kClose.size();
            // A file ends with a line end; the line of its mark has one already.
            if (part->ends_with('\n') && text.substr(from).starts_with('\n')) {
                ++from;
            }
        }
    }

    const Files& files_;
};

// Every mark is one that we know; every section is closed by its own name.
Status check_marks(std::string_view file, std::string_view text) {
    std::vector<std::string_view> open;
    std::size_t at = 0;
    while ((at = text.find(kOpen, at)) != std::string_view::npos) {
        const std::size_t end = text.find(kClose, at);
        if (end == std::string_view::npos) {
            return at_line(file, text, at, "{{ without }}");
        }
        std::string_view mark = text.substr(at + kOpen.size(), end - at - kOpen.size());
        const char kind = mark.empty() ? ' ' : mark.front();
        const bool section = kind == '#' || kind == '/';
        mark.remove_prefix(section ? 1 : 0);
        if (!is_name(mark)) {
            return at_line(file, text, at,
                           "\"" + std::string(mark.substr(0, 40)) + "\" is no name");
        }
        if (kind == '#') {
            open.push_back(mark);
        } else if (kind == '/') {
            if (open.empty() || open.back() != mark) {
                return at_line(file, text, at, "{{/" + std::string(mark) + "}} closes nothing");
            }
            open.pop_back();
        }
        at = end + kClose.size();
    }
    if (!open.empty()) {
        return at_line(file, text, text.size(),
                       "the section " + std::string(open.back()) + " is never closed");
    }
    return {};
}

// Section marks alone on their line take the line with them; mail HTML also loses its indentation,
// which quoted-printable would have to spell out.
std::string tidy_lines(std::string_view text, bool drop_indentation) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        const bool ended = end != std::string_view::npos;
        text.remove_prefix(ended ? end + 1 : text.size());
        const std::string_view inner = trim(line);
        const bool mark = (inner.starts_with("{{#") || inner.starts_with("{{/")) &&
                          inner.find(kClose) == inner.size() - kClose.size();
        if (mark) {
            out += inner;
            continue;
        }
        out += drop_indentation ? inner : line;
        if (ended) {
            out.push_back('\n');
        }
    }
    return out;
}

std::string_view escaping_of(std::string_view file) {
    if (file.ends_with(".txt.tpl")) {
        return "";
    }
    return file.ends_with(".xml.tpl") ? "{{%AUTOESCAPE context=\"XML\"}}"
                                      : "{{%AUTOESCAPE context=\"HTML\"}}";
}

ctemplate::TemplateString view_of(std::string_view text) {
    return ctemplate::TemplateString(text.data(), text.size());
}

}  // namespace

TemplateValues& TemplateValues::set(std::string_view name, std::string_view text) {
    values_.emplace_back(name, text);
    return *this;
}

TemplateValues& TemplateValues::show(std::string_view section) {
    add(section);
    return *this;
}

TemplateValues& TemplateValues::set_if_any(std::string_view name, std::string_view text) {
    return text.empty() ? *this : set(name, text).show(name);
}

TemplateValues& TemplateValues::add(std::string_view section) {
    return sections_.emplace_back(section, TemplateValues()).second;
}

// What ctemplate is given: the language's words in their places, lines tidied.
Result<std::string> finished(const Catalog& catalog, std::string_view language,
                             std::string_view file, std::string_view text) {
    TRY_AS(const std::string spoken, put_words(catalog, language, file, text));
    TRY(check_marks(file, spoken));
    const bool mail_html = file.starts_with("mail/") && file.ends_with(".html.tpl");
    return std::string(escaping_of(file)) + tidy_lines(spoken, mail_html);
}

// One file in one language, made ready when it is first asked for: a newsroom's readers speak few
// of the languages, and a command line none. call_once makes that safe on every thread.
struct Ready {
    std::string file;
    std::string language;
    std::string text;  // layout and includes in it, words not
    mutable std::once_flag once;
    mutable ctemplate::TemplateCache cache;
    mutable Status status;

    const Status& prepare(const Catalog& catalog) const {
        std::call_once(once, [&] {
            const Result<std::string> made = finished(catalog, language, file, text);
            if (!made) {
                status = made.error();
            } else if (!cache.StringToTemplateCache(view_of(file), view_of(*made),
                                                    ctemplate::DO_NOT_STRIP)) {
                status = invalid(file + " is not a template that can be escaped safely");
            }
            cache.Freeze();
        });
        return status;
    }
};

struct Templates::Impl {
    explicit Impl(Catalog words) : catalog(std::move(words)) {}

    Catalog catalog;
    // By "file language", and by file alone where the file has no words.
    std::map<std::string, Ready, std::less<>> ready;

    static void fill(ctemplate::TemplateDictionary& dictionary, const TemplateValues& values) {
        for (const auto& [name, text] : values.values_) {
            dictionary.SetValue(view_of(name), view_of(text));
        }
        for (const auto& [name, inner] : values.sections_) {
            fill(*dictionary.AddSectionDictionary(view_of(name)), inner);
        }
    }

    void add(const std::string& file, const std::string& key, std::string_view language,
             const std::string& text) {
        Ready& entry = ready[key];
        entry.file = file;
        entry.language = language;
        entry.text = text;
    }

    const Ready* find(std::string_view file, std::string_view language) const {
        auto found = ready.find(std::string(file) + " " + std::string(language));
        found = found == ready.end() ? ready.find(file) : found;
        return found == ready.end() ? nullptr : &found->second;
    }
};

Templates::Templates(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Templates::Templates(Templates&&) noexcept = default;
Templates& Templates::operator=(Templates&&) noexcept = default;
Templates::~Templates() = default;

Result<Templates> Templates::load() {
    std::vector<std::pair<std::string, std::string>> files;
    for (const std::string_view folder : {"templates/", "mail/"}) {
        for (const std::string_view path : assets_under(folder)) {
            if (path.ends_with(".tpl")) {
                files.emplace_back(path, asset(path).value_or(""));
            }
        }
    }
    return load_from(files);
}

Result<Templates> Templates::load_from(
    const std::vector<std::pair<std::string, std::string>>& files) {
    TRY_AS(Catalog catalog, Catalog::load());
    return load_from(files, std::move(catalog));
}

Result<Templates> Templates::load_from(
    const std::vector<std::pair<std::string, std::string>>& files, Catalog catalog) {
    const Files known(files.begin(), files.end());
    const Assembler assembler(known);
    auto impl = std::make_unique<Impl>(std::move(catalog));
    for (const auto& [file, source] : known) {
        TRY_AS(const std::string text, assembler.assemble(file));
        if (text.find(kContentMark) != std::string::npos) {
            continue;  // a layout: nothing by itself
        }
        TRY(finished(impl->catalog, Catalog::kEnglish, file, text));  // names what is wrong
        if (text.find(kWordsMark) == std::string::npos) {
            impl->add(file, file, Catalog::kEnglish, text);
            continue;
        }
        for (const std::string& language : impl->catalog.languages()) {
            impl->add(file, file + " " + language, language, text);
        }
    }
    return Templates(std::move(impl));
}

const Catalog& Templates::catalog() const {
    return impl_->catalog;
}

std::vector<std::string> Templates::files() const {
    std::vector<std::string> out;
    for (const auto& [key, ready] : impl_->ready) {
        if (out.empty() || out.back() != ready.file) {
            out.push_back(ready.file);
        }
    }
    return out;
}

Result<std::string> Templates::render(std::string_view file, std::string_view language,
                                      const TemplateValues& values) const {
    const Catalog& catalog = impl_->catalog;
    const std::string_view spoken = catalog.has(language) ? language : Catalog::kEnglish;
    const Ready* ready = impl_->find(file, spoken);
    if (ready == nullptr) {
        return not_found("there is no template " + std::string(file));
    }
    TRY(ready->prepare(catalog));
    ctemplate::TemplateDictionary dictionary("page");
    dictionary.SetValue("LANG", view_of(spoken));
    dictionary.SetValue("DIR", catalog.direction(spoken) == Direction::RightToLeft ? "rtl" : "ltr");
    Impl::fill(dictionary, values);
    std::string out;
    if (!ready->cache.ExpandNoLoad(view_of(file), ctemplate::DO_NOT_STRIP, &dictionary, nullptr,
                                   &out)) {
        return Error(ErrorKind::Internal, ready->file + " cannot be filled in");
    }
    return out;
}

}  // namespace tocsin::mail
