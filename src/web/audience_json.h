// Lists, readers and imports as the API tells them. Plain functions; any thread.
#pragma once

#include <boost/json.hpp>

#include "audience/audience_types.h"

namespace tocsin::web {

boost::json::object list_json(const audience::ListInfo& list);
// Everything held about a reader; also the file that a reader is handed.
boost::json::object reader_json(const audience::ReaderRecord& record);
boost::json::object import_json(const audience::ImportProgress& progress);

}  // namespace tocsin::web
