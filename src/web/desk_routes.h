// The parts of the desk; add_desk_routes() of desk.h adds them all.
#pragma once

#include "web/desk.h"
#include "web/router.h"

namespace tocsin::web {

void add_desk_door_routes(Router& router, const NewsroomServices& services);  // sign in and out
void add_desk_overview_routes(Router& router, const NewsroomServices& services);
void add_desk_compose_routes(Router& router, const NewsroomServices& services);
void add_desk_review_routes(Router& router, const NewsroomServices& services);
void add_desk_watch_routes(Router& router, const NewsroomServices& services);
void add_desk_audience_routes(Router& router, const NewsroomServices& services);
void add_desk_settings_routes(Router& router, const NewsroomServices& services);
void add_desk_mail_routes(Router& router, const NewsroomServices& services);  // how mail leaves

}  // namespace tocsin::web
