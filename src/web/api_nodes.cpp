// GET /api/v1/nodes.
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/nodes.h"

namespace tocsin::web {

namespace {

Task<net::HttpResponse> get_nodes(ApiCall call) {
    const Result<Nodes> nodes = co_await read_nodes(call.services);
    co_return nodes ? api_json(200, nodes_json(*nodes)) : api_problem(nodes.error());
}

}  // namespace

void add_api_node_routes(Router& router, const NewsroomServices& services) {
    add_api(router, services, "GET", "/api/v1/nodes", model::Permission::ReadAlerts, get_nodes);
}

}  // namespace tocsin::web
