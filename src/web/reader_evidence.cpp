#include "web/reader_evidence.h"

#include "net/url.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

// "null" (a sandboxed frame) and what is no origin are nobody's.
std::string foreign_origin(std::string_view origin, std::string_view public_url) {
    const Result<std::string> named = net::origin_of(origin);
    const Result<std::string> own = net::origin_of(public_url);
    return named && (!own || *named != *own) ? *named : std::string();
}

}  // namespace

audience::Evidence evidence_of(const net::HttpRequest& request, std::string_view public_url,
                               std::string wording) {
    audience::Evidence evidence;
    evidence.wording = std::move(wording);
    evidence.page_url = std::string(public_url) + mask_path(request.path);
    evidence.embed_origin = foreign_origin(request.headers.get("origin"), public_url);
    evidence.ip = request.peer;
    evidence.user_agent = request.headers.get("user-agent");
    return evidence;
}

}  // namespace tocsin::web
