// embed.js, the sign-up box's script, with its words in the reader's language. The language is the
// script's own ?lang=, which the snippet carries, or what the browser asks for; a page of another
// site may keep it, so it says Vary: Accept-Language. Plain function; any thread.
#pragma once

#include "net/http.h"
#include "web/page_reader.h"

namespace tocsin::web {

net::HttpResponse signup_script(const PageReader& reader, const net::HttpRequest& request);

}  // namespace tocsin::web
