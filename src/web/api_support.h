// What every part of the JSON API shares: who calls and what they may do, reading a JSON body
// strictly, problem documents with stable types (RFC 9457).
//
// Plain functions and values; the web's io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "model/actor.h"
#include "net/form.h"
#include "net/http.h"
#include "web/auth.h"
#include "web/desk.h"
#include "web/router.h"

namespace tocsin::web {

// A request whose caller is known and allowed.
struct ApiCall {
    const NewsroomServices& services;
    Context context;
    Caller caller;

    const net::HttpRequest& request() const { return context.request; }
};
using ApiHandler = Task<net::HttpResponse> (*)(ApiCall);

// Adds the route: 401 and 403 are answered here, the handler sees only who may call it.
void add_api(Router& router, const NewsroomServices& services, std::string_view method,
             std::string_view pattern, model::Permission permission, ApiHandler handler);
void add_api(Router& router, const NewsroomServices& services, std::string_view method,
             std::string_view pattern, std::size_t body_bytes_max, model::Permission permission,
             ApiHandler handler);

// {"type": "urn:tocsin:problem:conflict", "title": ..., "status": 409, "detail": ...}
net::HttpResponse api_problem(const Error& error);
net::HttpResponse api_json(int status, const boost::json::value& value);

// The body as one JSON object. Every field is read through it, and done() then refuses what was
// not asked for: a misspelt "lists" must not become an alert to nobody.
class JsonBody {
  public:
    // Invalid if the Content-Type is not JSON or the body is no object.
    static Result<JsonBody> parse(const net::HttpRequest& request);

    // Absent or null: the default. Another type: remembered, told by done().
    std::string text(std::string_view key, std::string_view otherwise = "");
    std::optional<std::int64_t> integer(std::string_view key);
    bool boolean(std::string_view key);
    std::vector<std::string> texts(std::string_view key);
    // "not_after": seconds, or "90s", "30m", "2h", "1d".
    std::optional<Seconds> duration(std::string_view key);
    // Null if it is absent or no array.
    const boost::json::array* array(std::string_view key);

    Status done() const;

  private:
    const boost::json::value* take(std::string_view key);
    void wrong(std::string_view key, std::string_view need);

    boost::json::object object_;
    std::vector<std::string> taken_;
    std::string problem_;
};

// "90s", "30m", "2h", "1d".
std::optional<Seconds> parse_short_duration(std::string_view text);

// A positive number in the path: NotFound otherwise.
Result<std::int64_t> path_id(const Context& context, std::string_view name);
// From the query, with a default and a most.
Result<std::size_t> query_limit(const net::Form& query, std::size_t otherwise, std::size_t most);

boost::json::value json_time(std::optional<Time> time);
boost::json::string json_text(std::string_view text);

}  // namespace tocsin::web
