#include "mail/template_words.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"

namespace tocsin::mail {

namespace {

enum class Place { Text, BetweenTags, MailHtml, Attribute, TitleElement };

struct Mark {
    std::string_view key;
    std::map<std::string_view, std::string_view> elements;  // "a" -> "<a href=...>"
};

// The mark's end, past the values in its attributes.
std::size_t end_of_mark(std::string_view text) {
    int depth = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        const std::string_view two = text.substr(at, 2);
        depth += two == "{{" ? 1 : two == "}}" ? -1 : 0;
        if (depth == 0) {
            return at + 2;
        }
        at += two == "{{" || two == "}}" ? 1 : 0;
    }
    return std::string_view::npos;
}

Result<Mark> read_mark(std::string_view inner) {
    Mark mark;
    mark.key = inner.substr(0, inner.find(' '));
    std::string_view rest = trim(inner.substr(mark.key.size()));
    while (!rest.empty()) {
        const std::size_t end = rest.find('>');
        if (!rest.starts_with('<') || end == std::string_view::npos) {
            return invalid("what follows the key is no element");
        }
        const std::string_view element = rest.substr(0, end + 1);
        const std::string_view name = element.substr(1, element.find_first_of(" >") - 1);
        if (!mark.elements.emplace(name, element).second) {
            return invalid("<" + std::string(name) + "> is there twice");
        }
        rest = trim(rest.substr(end + 1));
    }
    return mark;
}

// Where what comes after `before` stands. The files are ours: no quotes or comments to deceive.
Place place_after(std::string_view file, std::string_view before) {
    if (file.ends_with(".txt.tpl")) {
        return Place::Text;
    }
    const std::size_t opened = before.rfind('<');
    const std::size_t closed = before.rfind('>');
    if (opened != std::string_view::npos && (closed == std::string_view::npos || closed < opened)) {
        return Place::Attribute;
    }
    if (opened != std::string_view::npos && before.substr(opened).starts_with("<title>")) {
        return Place::TitleElement;
    }
    return file.starts_with("mail/") ? Place::MailHtml : Place::BetweenTags;
}

void append_escaped(std::string& out, std::string_view words, Place place) {
    if (place == Place::Text) {
        out += words;
        return;
    }
    for (const char c : words) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += place == Place::Attribute ? "&quot;" : "\"";
                break;
            default:
                out.push_back(c);
        }
    }
}

void append_placeholder(std::string& out, std::string_view name, Place place, Direction direction) {
    const bool page = place == Place::BetweenTags;
    const bool marked = !page && direction == Direction::RightToLeft;
    out += page ? "<bdi>" : marked ? "\u2068" : "";
    out += "{{";
    out += name;
    out += "}}";
    out += page ? "</bdi>" : marked ? "\u2069" : "";
}

Result<std::string> words_of(const Mark& mark, std::string_view text, Place place,
                             Direction direction) {
    TRY_AS(const std::vector<TextPiece> pieces, text_pieces(text));
    const bool elements = place == Place::BetweenTags || place == Place::MailHtml;
    std::string out;
    for (const TextPiece& piece : pieces) {
        const auto element = mark.elements.find(piece.text);
        switch (piece.kind) {
            case TextPiece::Kind::Words:
                append_escaped(out, piece.text, place);
                break;
            case TextPiece::Kind::Placeholder:
                append_placeholder(out, piece.text, place, direction);
                break;
            case TextPiece::Kind::Opens:
                if (elements && element == mark.elements.end()) {
                    return invalid("<" + std::string(piece.text) + "> of the text is not given");
                }
                out += elements ? element->second : std::string_view();
                break;
            case TextPiece::Kind::Closes:
                out += elements ? "</" + std::string(piece.text) + ">" : std::string();
                break;
        }
    }
    const auto used = std::ranges::count(pieces, TextPiece::Kind::Opens, &TextPiece::kind);
    if (elements && static_cast<std::size_t>(used) != mark.elements.size()) {
        return invalid("the text has not the elements that the mark gives");
    }
    return out;
}

}  // namespace

Result<std::string> put_words(const Catalog& catalog, std::string_view language,
                              std::string_view file, std::string_view text) {
    std::string out;
    while (true) {
        const std::size_t at = text.find(kWordsMark);
        if (at == std::string_view::npos) {
            return out += text;
        }
        out += text.substr(0, at);
        text.remove_prefix(at);
        const std::size_t end = end_of_mark(text);
        if (end == std::string_view::npos) {
            return invalid(std::string(file) + ": a mark of words is not closed");
        }
        const std::string_view written = text.substr(0, end);
        Result<Mark> mark =
            read_mark(trim(written.substr(kWordsMark.size(), end - kWordsMark.size() - 2)));
        const std::string_view words = mark ? catalog.raw(language, mark->key) : "";
        Result<std::string> put =
            !mark ? Result<std::string>(mark.error())
            : words.empty()
                ? Result<std::string>(invalid("there is no such text"))
                : words_of(*mark, words, place_after(file, out), catalog.direction(language));
        if (!put) {
            return invalid(std::string(file) + ": " + std::string(written) + ": " +
                           put.error().message());
        }
        out += *put;
        text.remove_prefix(end);
    }
}

}  // namespace tocsin::mail
