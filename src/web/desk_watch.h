// The page of a released alert: counts, clock, curve, providers, failures; live while it runs.
#pragma once

#include "alerts/alerts.h"
#include "web/auth.h"
#include "web/desk.h"

namespace tocsin::web {

Task<Result<net::HttpResponse>> watch_page(const NewsroomServices& services, const Caller& caller,
                                           alerts::AlertView view);

}  // namespace tocsin::web
