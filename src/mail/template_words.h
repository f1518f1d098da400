// Puts the words of one language into a template's text, when templates are loaded.
//
//   mark = "{{@" key *( " " "<" tag attributes ">" ) "}}"
//
// The key is one of the catalog's (catalog.h). Each element of its text (<a>, <strong>) is one that
// the mark gives, with its attributes: {{@confirmed.later <a href="{{MANAGE_URL}}">}}. So
// translators move words and elements about, and pages say what the elements are.
//
// Words are escaped for the place where they stand: between tags, in an attribute, in <title>, in
// plain text. Placeholders become values of the template ({{NAME}}), which it escapes itself.
// Between the tags of a page each is isolated by <bdi>: a Hebrew name must not turn an English
// sentence around, nor an address an Arabic one. Elsewhere, and in mails, whose readers' programs
// know no <bdi>, U+2068 and U+2069 do it in the languages written from right to left.
//
// Pure; any thread. Invalid names the file and the mark.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/catalog.h"

namespace tocsin::mail {

constexpr std::string_view kWordsMark = "{{@";

Result<std::string> put_words(const Catalog& catalog, std::string_view language,
                              std::string_view file, std::string_view text);

}  // namespace tocsin::mail
