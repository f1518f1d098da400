// An alert as the API and the desk's live pages tell it.
//
// The keys of docs/SURFACES.md (`alert status`) are stable; the rest describes the revision. Store
// thread for what takes a Database, else any.
#pragma once

#include <boost/json.hpp>

#include "alerts/alerts.h"
#include "delivery/status.h"
#include "store/alerts.h"
#include "web/desk.h"

namespace tocsin::web {

// The alert and its newest revision, without counts.
boost::json::object alert_json(const store::FullAlert& full,
                               const std::vector<store::ListName>& lists,
                               const std::string& public_url);
// Adds who approved, and how many must.
void add_approvals(boost::json::object& object, const alerts::Approvals& approvals);
// Adds counts and the clock.
void add_status(boost::json::object& object, const delivery::AlertStatus& status);

// An alert with everything, as GET /api/v1/alerts/{id} answers.
Task<Result<boost::json::object>> read_alert_json(const NewsroomServices& services, AlertId id);
// Its counts and clock: live while it runs, from the ledger afterwards.
Task<Result<delivery::AlertStatus>> read_status(const NewsroomServices& services, AlertId id);

}  // namespace tocsin::web
