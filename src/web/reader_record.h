// Everything held about a reader as one JSON document: for the reader's own download and for
// `tocsin subscriber export`. Pure.
#pragma once

#include <string>

#include "audience/audience_types.h"

namespace tocsin::web {

// {"address", "locale", "created_at", "suppressed", "subscriptions": [...], "purposes": [...],
//  "consent": [{"seq", "type", "list", "purpose", "wording", "page_url", "method", "actor", "at",
//  "hash"}]}; times are RFC 3339.
std::string record_json(const audience::ReaderRecord& record);

}  // namespace tocsin::web
