#include "web/api_support.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "web/page.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

// Where the database is concerns only those who run the service.
Error told_to_strangers(const Error& error) {
    return error.kind() == ErrorKind::Unavailable
               ? unavailable("The service cannot reach its database at the moment. Ask again.")
               : error;
}

Task<net::HttpResponse> call(const NewsroomServices& services, model::Permission permission,
                             ApiHandler handler, Context context) {
    Result<Caller> caller = co_await services.auth.api_caller(context.request);
    if (!caller) {
        net::HttpResponse response = api_problem(told_to_strangers(caller.error()));
        if (response.status == 401) {
            response.headers.set("WWW-Authenticate", "Bearer");
        }
        co_return response;
    }
    if (!caller->actor.allows(permission)) {
        const Error refused(ErrorKind::Forbidden, "This caller may not do that.");
        co_return api_problem(refused);
    }
    ApiCall api{services, std::move(context), std::move(*caller)};
    co_return co_await handler(std::move(api));
}

}  // namespace

void add_api(Router& router, const NewsroomServices& services, std::string_view method,
             std::string_view pattern, model::Permission permission, ApiHandler handler) {
    router.add(method, pattern, [&services, permission, handler](Context context) {
        return call(services, permission, handler, std::move(context));
    });
}

void add_api(Router& router, const NewsroomServices& services, std::string_view method,
             std::string_view pattern, std::size_t body_bytes_max, model::Permission permission,
             ApiHandler handler) {
    router.add(method, pattern, body_bytes_max, [&services, permission, handler](Context context) {
        return call(services, permission, handler, std::move(context));
    });
}

net::HttpResponse api_problem(const Error& error) {
    const int status = status_of(error.kind());
    json::object problem;
    problem["type"] = json_text("urn:tocsin:problem:" + std::string(to_string(error.kind())));
    problem["title"] = json_text(reason_of(status));
    problem["status"] = status;
    problem["detail"] = json_text(error.message());
    net::HttpResponse response = json_response(status, json::serialize(problem));
    response.headers.set("Content-Type", "application/problem+json");
    return response;
}

net::HttpResponse api_json(int status, const json::value& value) {
    return json_response(status, json::serialize(value));
}

Result<JsonBody> JsonBody::parse(const net::HttpRequest& request) {
    const std::string type = ascii_lower(request.headers.get("Content-Type"));
    if (trim(std::string_view(type).substr(0, type.find(';'))) != "application/json") {
        return invalid("The request needs Content-Type: application/json.");
    }
    JsonBody body;
    boost::system::error_code failed;
    const json::value value = json::parse(request.body, failed);
    if (failed) {
        return invalid("The body is not JSON.");
    }
    if (!value.is_object()) {
        return invalid("The body must be a JSON object.");
    }
    body.object_ = value.as_object();
    return body;
}

const json::value* JsonBody::take(std::string_view key) {
    taken_.emplace_back(key);
    const json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

void JsonBody::wrong(std::string_view key, std::string_view need) {
    if (problem_.empty()) {
        problem_ = fmt::format("\"{}\" must be {}.", key, need);
    }
}

std::string JsonBody::text(std::string_view key, std::string_view otherwise) {
    const json::value* value = take(key);
    if (value == nullptr) {
        return std::string(otherwise);
    }
    if (!value->is_string()) {
        wrong(key, "a string");
        return {};
    }
    return std::string(value->get_string());
}

std::optional<std::int64_t> JsonBody::integer(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_int64()) {
        wrong(key, "a whole number");
        return std::nullopt;
    }
    return value->get_int64();
}

bool JsonBody::boolean(std::string_view key) {
    const json::value* value = take(key);
    if (value != nullptr && !value->is_bool()) {
        wrong(key, "true or false");
        return false;
    }
    return value != nullptr && value->get_bool();
}

std::vector<std::string> JsonBody::texts(std::string_view key) {
    std::vector<std::string> out;
    const json::array* values = array(key);
    if (values == nullptr) {
        return out;
    }
    for (const json::value& value : *values) {
        if (!value.is_string()) {
            wrong(key, "an array of strings");
            return {};
        }
        out.emplace_back(value.get_string());
    }
    return out;
}

std::optional<Seconds> JsonBody::duration(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    // A week in seconds has six digits; what is far beyond is refused before it could overflow.
    constexpr std::int64_t kSane = 1'000'000'000;
    if (value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= kSane) {
        return Seconds(value->get_int64());
    }
    const auto parsed = value->is_string() ? parse_short_duration(std::string(value->get_string()))
                                           : std::optional<Seconds>();
    if (!parsed) {
        wrong(key, "a number of seconds or a duration such as \"2h\" or \"30m\"");
    }
    return parsed;
}

const json::array* JsonBody::array(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) {
        return nullptr;
    }
    if (!value->is_array()) {
        wrong(key, "an array");
        return nullptr;
    }
    return &value->get_array();
}

Status JsonBody::done() const {
    if (!problem_.empty()) {
        return invalid(problem_);
    }
    for (const json::key_value_pair& field : object_) {
        const std::string_view key(field.key().data(), field.key().size());
        if (std::find(taken_.begin(), taken_.end(), key) == taken_.end()) {
            return invalid(fmt::format("Unknown field \"{}\".", key));
        }
    }
    return {};
}

std::optional<Seconds> parse_short_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > 1'000'000 ||
        end != text.data() + text.size() - 1) {
        return std::nullopt;
    }
    switch (*end) {
        case 's':
            return Seconds(number);
        case 'm':
            return Seconds(number * 60);
        case 'h':
            return Seconds(number * 3600);
        case 'd':
            return Seconds(number * 86400);
        default:
            return std::nullopt;
    }
}

Result<std::int64_t> path_id(const Context& context, std::string_view name) {
    const std::string& text = context.param(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number <= 0) {
        return not_found("There is nothing of that number.");
    }
    return number;
}

Result<std::size_t> query_limit(const net::Form& query, std::size_t otherwise, std::size_t most) {
    const std::string_view text = query.get("limit");
    if (text.empty()) {
        return otherwise;
    }
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > most) {
        return invalid(fmt::format("\"limit\" must be between 1 and {}.", most));
    }
    return number;
}

json::value json_time(std::optional<Time> time) {
    return time ? json::value(json_text(rfc3339(*time))) : json::value(nullptr);
}

json::string json_text(std::string_view text) {
    return json::string(text.data(), text.size());
}

}  // namespace tocsin::web
