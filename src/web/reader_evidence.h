// Evidence of a reader's act, as far as the request tells it: on which page, from which network
// address, with which browser. Every handler that changes something for a reader begins with it;
// the wording, the form and the language are the handler's own to add.
//
// The address is the client's, not a proxy's: net::HttpServer has read X-Forwarded-For if, and only
// if, the peer is one of [http] trusted_proxies. Plain function; any thread.
#pragma once

#include <string>
#include <string_view>

#include "audience/audience_types.h"
#include "net/http.h"

namespace tocsin::web {

// page_url is our own page with tokens masked; a form on somebody else's page says otherwise
// (reader_signup.cpp). embed_origin is the request's Origin unless it is our own.
audience::Evidence evidence_of(const net::HttpRequest& request, std::string_view public_url,
                               std::string wording = {});

}  // namespace tocsin::web
