// The inbox's JSON, and reading its query strings.
#pragma once

#include <string>

#include "base/result.h"
#include "web/inbox_store.h"
#include "web/router.h"

namespace tocsin::web {

std::string inbox_list_json(const InboxStore& store, const InboxStore::Query& query);
std::string inbox_message_json(const InboxStore& store, const InboxMessage& message);

// The bytes as text: what is not UTF-8 as replacement characters.
std::string readable(std::string_view bytes);

// ?to=&before=&after=&limit=
Result<InboxStore::Query> inbox_query(const net::HttpRequest& request);
// The message that {id} names; null if there is none.
InboxMessagePtr inbox_message(const InboxStore& store, const Context& context);

}  // namespace tocsin::web
