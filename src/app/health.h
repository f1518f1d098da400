// /healthz, /readyz and /metrics: for load balancers and Prometheus.
//
// healthz: the process answers. readyz: it can do its work (503 with the reason if not, and on the
// public listener without details). metrics: Prometheus text; the HELP lines tell the operator what
// a number means and when to worry.
// Owner: app; the parts must outlive the router. Thread: the web's io thread.
#pragma once

#include "delivery/engine.h"
#include "store/store.h"
#include "web/router.h"

namespace tocsin::app {

struct HealthParts {
    store::Store& store;
    const delivery::Engine* engine;  // null: this node sends nothing
    const Clock& clock;
};

enum class HealthDetail {
    AliveOnly,   // public listener: no reasons, no metrics
    Everything,  // desk listener and control socket
};

void add_health_routes(web::Router& router, const HealthParts& parts, HealthDetail detail);

}  // namespace tocsin::app
