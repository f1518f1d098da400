// What every page of the desk shares: who is signed in, the form, the frame around a page, and how
// numbers, times and alerts are worded. The web's io thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/template.h"
#include "model/actor.h"
#include "net/form.h"
#include "net/http.h"
#include "store/alerts.h"
#include "web/auth.h"
#include "web/desk.h"
#include "web/router.h"

namespace tocsin::web {

// A request of somebody who is signed in, may do it, and came from our own pages.
struct DeskCall {
    const NewsroomServices& services;
    Context context;
    Caller caller;
    net::Form form;   // of a POST
    net::Form query;  // of the address

    bool may(model::Permission permission) const { return caller.actor.allows(permission); }
};
// An error becomes the desk's error page with its status.
using DeskHandler = Task<Result<net::HttpResponse>> (*)(DeskCall);

void add_desk(Router& router, const NewsroomServices& services, std::string_view method,
              std::string_view pattern, model::Permission permission, DeskHandler handler);

enum class DeskTab { None, Alerts, Audience, Settings };

// What a page is filled with, on its way to render().
class DeskPage {
  public:
    // For somebody who is signed in; without a caller the bar has no menu.
    DeskPage(const NewsroomServices& services, const Caller* caller, DeskTab tab,
             std::string_view title);

    mail::TemplateValues& values() { return values_; }
    DeskPage& notice(std::string_view text);
    DeskPage& problem(std::string_view text);
    // Reload every few seconds where scripts are off.
    DeskPage& refresh();
    // `file`: "desk_overview.html.tpl". A template that fails to render is our bug: 500.
    net::HttpResponse render(std::string_view file, int status = 200) const;

  private:
    const NewsroomServices& services_;
    mail::TemplateValues values_;
};

net::HttpResponse desk_error(const NewsroomServices& services, const Caller* caller,
                             const Error& error);
// A document for a preview frame: its own styles and nothing else, no script, no origin.
net::HttpResponse frame_response(std::string html);

// "12,345"
std::string grouped(std::uint64_t number);
// "830 ms", "4.2 s", "1 min 12 s"; a dash for nothing.
std::string duration_text(std::optional<std::int64_t> ms);
// "30 minutes", "2 hours", "1 day"
std::string life_text(Seconds life);
// "24 Nov 2026, 06:35 UTC"
std::string time_text(Time time);
// Fills NAME and NAME_ISO.
void set_time(mail::TemplateValues& values, std::string_view name, Time time);
// "Alert", "Correction"
std::string kind_text(model::AlertKind kind);
std::string state_text(model::AlertState state);
// "ann" of "staff:ann"
std::string person_text(std::string_view actor);
// "Breaking news, Sport"
std::string names_text(const std::vector<store::ListName>& lists);
// The headline, or words for a draft that has none.
std::string headline_text(const model::AlertContent& content);

Result<AlertId> path_alert(const Context& context);

}  // namespace tocsin::web
