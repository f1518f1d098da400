// Responses of the kinds that Tocsin gives, with the headers that each must have.
//
// Pages run no inline style or script: the Content-Security-Policy allows only files of our own
// /static, so templates hold no style="" and no <script> bodies (JSON goes in data- attributes).
// Plain functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace tocsin::web {

// Who may show the page in a frame.
enum class Framing { Nobody, SameOrigin, Anyone };
// How long it may be kept. NoStore where the address or the page holds a token or personal data.
enum class Caching { NoStore, Revalidate, Minute };

struct PagePolicy {
    Framing framing = Framing::Nobody;
    Caching caching = Caching::NoStore;
    std::string connect_src = "'self'";  // fetch and EventSource
    std::string frame_src = "'none'";    // frames inside the page
    std::string img_src = "'self' data:";
    std::string form_action = "'self'";
};

net::HttpResponse html_response(int status, std::string html, const PagePolicy& policy = {});
net::HttpResponse text_response(int status, std::string text);
net::HttpResponse json_response(int status, std::string json);
// RFC 9457 problem details; the title is the status's reason.
net::HttpResponse problem_response(int status, std::string_view detail);
net::HttpResponse problem_response(const Error& error);
// 303: the browser goes on with GET.
net::HttpResponse see_other(std::string location);

// ErrorKind -> HTTP status (Invalid 400, NotFound 404, Conflict 409, ...).
int status_of(ErrorKind kind);
// "Not Found"
std::string_view reason_of(int status);

// The path without its token, for logs: "/u/AbCd...": "/u/***".
std::string mask_path(std::string_view path);

}  // namespace tocsin::web
