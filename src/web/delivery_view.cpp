#include "web/delivery_view.h"

namespace tocsin::web {

DeliveryView view_of(const delivery::Engine& engine) {
    DeliveryView view;
    view.progress = [&engine](store::Database&, AlertId alert) { return engine.progress(alert); };
    view.routes = [&engine] { return engine.routes(); };
    view.halted = [&engine] { return engine.halted(); };
    return view;
}

DeliveryView view_of_nodes(const delivery::Engine* engine, const Clock& clock) {
    DeliveryView view;
    view.progress = [&clock](store::Database& db, AlertId alert) {
        return delivery::merged_progress(db, alert, clock.now());
    };
    view.routes = [engine] {
        return engine != nullptr ? engine->routes() : std::vector<delivery::RouteStatus>();
    };
    view.halted = [engine] { return engine != nullptr ? engine->halted() : std::string(); };
    return view;
}

}  // namespace tocsin::web
