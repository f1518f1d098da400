// The files of web/static over HTTP: /static/{path}.
//
// A page links them by asset_url(), which carries the content's hash: that address is answered
// with "immutable" for a year and changes with the file. The bare address works too and is
// revalidated by ETag. Any thread after the routes are added.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "web/router.h"

namespace tocsin::web {

void add_static_routes(Router& router);

// "/static/site.css?v=1a2b3c4d"; the file must exist under web/static/.
std::string asset_url(std::string_view name);

// The file as a response to the request: 200, or 304 if the client has it. 404: no such file.
net::HttpResponse static_file(const net::HttpRequest& request, std::string_view name);

// "text/css; charset=utf-8" by the ending.
std::string_view content_type_of(std::string_view name);

}  // namespace tocsin::web
