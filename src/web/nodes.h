// The machines of this database, as `tocsin nodes`, the API and the desk show them.
//
// Plain functions and values; the web's io thread.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "store/nodes.h"
#include "web/desk.h"

namespace tocsin::web {

struct Nodes {
    std::vector<store::NodeView> all;
    std::string self;  // the id of the one that answers
    Time read_at{};
};

Task<Result<Nodes>> read_nodes(const NewsroomServices& services);

// "+12 ms", "-61.0 s": its own clock's distance from the database's.
std::string skew_text(std::int64_t skew_ms);

// The answer of GET /api/v1/nodes (docs/SURFACES.md).
boost::json::object nodes_json(const Nodes& nodes);

}  // namespace tocsin::web
