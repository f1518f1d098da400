// How mail leaves right now, and why it goes as fast as it does: what the API, `tocsin routes` and
// the desk show of the engine's routes.
//
// Plain functions and values; the web's io thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "delivery/engine.h"
#include "web/desk.h"

namespace tocsin::web {

// What is still to go of a running alert.
struct AlertLeft {
    AlertId id;
    std::string headline;
    std::uint64_t audience = 0;
    std::uint64_t left = 0;
    double rate = 0;  // delivered a second, lately

    double percent() const;
    // At this rate; nullopt while there is none.
    std::optional<Seconds> eta() const;
};

struct MailRoutes {
    std::vector<delivery::RouteStatus> routes;
    std::vector<AlertLeft> alerts;
    std::string rules_problem;  // of the shaping file; empty: none
    SteadyTime read_at{};       // by both clocks: reasons count by the steady one
    Time read_at_wall{};
};

Task<Result<MailRoutes>> read_mail_routes(const NewsroomServices& services);

// When what waits there will have left, at the rate of now.
std::optional<Seconds> route_eta(const delivery::RouteStatus& route);
// Never empty: "421 4.7.28 slow down at 12:01:07 UTC, rate halved to 33/s", "nothing is waiting".
std::string route_why(const delivery::RouteStatus& route);
// "Google: 5 of 5 connections, 421 4.7.28 ..., rate halved to 33/s, 1,240 waiting, 40 s". Of a
// smarthost, through which all alerts go, with the share of them that is left: "3 % left, 40 s".
std::string route_sentence(const delivery::RouteStatus& route, const std::vector<AlertLeft>& all);
// "3 %", and "0.4 %" below one.
std::string percent_text(double percent);
// "40 s", "12 min", "3 h 20 min".
std::string eta_text(Seconds eta);

// The answer of GET /api/v1/routes (docs/SURFACES.md).
boost::json::object mail_routes_json(const MailRoutes& mail);

}  // namespace tocsin::web
