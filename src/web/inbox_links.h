// The links in a mail, for tests and the demo that have to follow one.
#pragma once

#include <string>
#include <vector>

#include "mail/mime_reader.h"

namespace tocsin::web {

// http and https links, each once: first those of the text part, then those of the HTML part.
std::vector<std::string> links_of(const mail::ParsedMail& mail);

}  // namespace tocsin::web
