#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/assets.h"
#include "web/api_support.h"
#include "web/newsroom_fixture.h"

namespace tocsin::web {
namespace {

namespace json = boost::json;

class ApiTest : public NewsroomTest {
  protected:
    ApiTest() {
        make_list("breaking", "Breaking news");
        make_readers("breaking", 3);
    }

    std::string token(std::string scopes) {
        return *wait(auth_->make_token(model::operator_actor(), "CMS", std::move(scopes), {}));
    }
};

constexpr std::string_view kAlert =
    R"({"headline":"Fire at the port","summary":"At 06:35.","url":"https://news.example/fire",)"
    R"("lists":["breaking"],"not_after":"2h","release":true})";
constexpr std::string_view kDraft =
    R"({"headline":"Fire at the port","summary":"At 06:35.","lists":["breaking"]})";

json::object object_of(const net::HttpResponse& response) {
    boost::system::error_code failed;
    const json::value value = json::parse(response.body, failed);
    EXPECT_FALSE(failed) << response.body;
    return value.is_object() ? value.as_object() : json::object();
}

void expect_problem(const net::HttpResponse& response, int status, std::string_view type) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    const json::object problem = object_of(response);
    EXPECT_EQ(problem.at("type").as_string(), "urn:tocsin:problem:" + std::string(type));
    EXPECT_EQ(problem.at("status").as_int64(), status);
    EXPECT_FALSE(problem.at("detail").as_string().empty());
}

TEST_F(ApiTest, TheOperatorSendsInOneStep) {
    const auto sent = api("POST", "/api/v1/alerts", std::string(kAlert));
    ASSERT_EQ(sent.status, 201) << sent.body;
    const json::object answer = object_of(sent);
    EXPECT_EQ(answer.at("state").as_string(), "released");
    EXPECT_EQ(answer.at("audience").as_int64(), 3);
    EXPECT_EQ(sent.headers.get("Location"), "/api/v1/alerts/1");
    const json::object status = object_of(api("GET", "/api/v1/alerts/1"));
    for (const char* key :
         {"id",       "kind",       "state",     "audience", "delivered", "failed",
          "expired",  "suppressed", "unknown",   "deferred", "pending",   "released_at",
          "first_ms", "p50_ms",     "p90_ms",    "p99_ms",   "last_ms",   "rate",
          "headline", "hash",       "approvals", "page_url"}) {
        EXPECT_TRUE(status.contains(key)) << key;
    }
    EXPECT_EQ(status.at("not_after_seconds").as_int64(), 7200);
    EXPECT_EQ(status.at("approvals").as_array().at(0).at("by").as_string(), "operator");
}

TEST_F(ApiTest, TheSameKeyTwiceIsOneAlertAndOneAnswer) {
    const auto first = api("POST", "/api/v1/alerts", std::string(kAlert), "", "key-1");
    const auto again = api("POST", "/api/v1/alerts", std::string(kAlert), "", "key-1");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
    EXPECT_EQ(object_of(api("GET", "/api/v1/alerts")).at("alerts").as_array().size(), 1U);
    expect_problem(api("POST", "/api/v1/alerts", std::string(kDraft), "", "key-1"), 409,
                   "conflict");
    // Another caller's key is another key.
    const auto other =
        api("POST", "/api/v1/alerts", std::string(kDraft), token("alerts:draft"), "key-1");
    EXPECT_EQ(other.status, 201);
    expect_problem(api("POST", "/api/v1/alerts", std::string(kAlert), "", std::string(201, 'k')),
                   400, "invalid");
}

TEST_F(ApiTest, ScopesDecideWhoDraftsAndWhoReleases) {
    const std::string drafter = token("alerts:draft");
    const auto draft = api("POST", "/api/v1/alerts", std::string(kDraft), drafter);
    ASSERT_EQ(draft.status, 201) << draft.body;
    EXPECT_EQ(object_of(draft).at("state").as_string(), "draft");
    expect_problem(api("POST", "/api/v1/alerts", std::string(kAlert), drafter), 403, "forbidden");
    const std::string hash(object_of(draft).at("hash").as_string());
    const std::string seen = R"({"hash":")" + hash + R"("})";
    expect_problem(api("POST", "/api/v1/alerts/1/approve", seen, drafter), 403, "forbidden");
    expect_problem(api("POST", "/api/v1/alerts/1/release", seen, drafter), 403, "forbidden");
    expect_problem(api("POST", "/api/v1/alerts/1/stop", "{}", drafter), 403, "forbidden");
    const auto sent = api("POST", "/api/v1/alerts", std::string(kAlert), token("alerts:release"));
    EXPECT_EQ(sent.status, 201) << sent.body;
    expect_problem(api("POST", "/api/v1/alerts", std::string(kDraft), token("read")), 403,
                   "forbidden");
}

TEST_F(ApiTest, ADraftIsApprovedAndReleasedByHash) {
    const json::object draft = object_of(api("POST", "/api/v1/alerts", std::string(kDraft)));
    const std::string seen = R"({"hash":")" + std::string(draft.at("hash").as_string()) + R"("})";
    const std::string wrong = R"({"hash":")" + std::string(64, '0') + R"("})";
    expect_problem(api("POST", "/api/v1/alerts/1/release", seen), 409, "conflict");
    expect_problem(api("POST", "/api/v1/alerts/1/approve", wrong), 409, "conflict");
    expect_problem(api("POST", "/api/v1/alerts/1/approve", R"({"hash":"xyz"})"), 400, "invalid");
    expect_problem(api("POST", "/api/v1/alerts/1/approve", "{}"), 400, "invalid");
    EXPECT_EQ(object_of(api("POST", "/api/v1/alerts/1/approve", seen)).at("state").as_string(),
              "approved");
    EXPECT_EQ(object_of(api("POST", "/api/v1/alerts/1/release", seen)).at("state").as_string(),
              "released");
    EXPECT_EQ(object_of(api("POST", "/api/v1/alerts/1/stop", "{}")).at("state").as_string(),
              "stopped");
}

TEST_F(ApiTest, AnEditNeedsTheHashThatWasSeen) {
    const json::object draft = object_of(api("POST", "/api/v1/alerts", std::string(kDraft)));
    const std::string hash(draft.at("hash").as_string());
    const std::string body =
        R"({"headline":"Other","summary":"s","lists":["breaking"],"hash":")" + hash + R"("})";
    const auto edited = api("PUT", "/api/v1/alerts/1", body);
    ASSERT_EQ(edited.status, 200) << edited.body;
    EXPECT_EQ(object_of(edited).at("headline").as_string(), "Other");
    expect_problem(api("PUT", "/api/v1/alerts/1", body), 409, "conflict");
}

TEST_F(ApiTest, BadRequestsAreToldPlainly) {
    const auto bad = [this](std::string body) { return api("POST", "/api/v1/alerts", body); };
    expect_problem(bad("not json"), 400, "invalid");
    expect_problem(bad("[]"), 400, "invalid");
    expect_problem(bad(R"({"headline":1})"), 400, "invalid");
    expect_problem(bad(R"({"list":["breaking"]})"), 400, "invalid");  // misspelt
    expect_problem(bad(R"({"lists":["nowhere"]})"), 404, "not_found");
    expect_problem(bad(R"({"kind":"news"})"), 400, "invalid");
    expect_problem(bad(R"({"not_after":"2 hours"})"), 400, "invalid");
    expect_problem(bad(R"({"not_after":5})"), 400, "invalid");
    expect_problem(bad(R"({"headline":"a\nb\u0000"})"), 400, "invalid");
    expect_problem(bad(R"({"url":"javascript:void"})"), 400, "invalid");
    expect_problem(bad(R"({"kind":"correction","of":77})"), 404, "not_found");
    // Nobody: never everybody.
    expect_problem(bad(R"({"headline":"h","summary":"s","lists":[],"release":true})"), 400,
                   "invalid");
    net::HttpRequest form = request("POST", "/api/v1/alerts", "headline=x");
    form.unix_socket = true;
    expect_problem(send(form), 400, "invalid");
    expect_problem(api("GET", "/api/v1/alerts/99"), 404, "not_found");
    expect_problem(api("GET", "/api/v1/alerts/x"), 404, "not_found");
    expect_problem(api("GET", "/api/v1/alerts?limit=0"), 400, "invalid");
    expect_problem(api("GET", "/api/v1/alerts?cursor=x"), 400, "invalid");
    expect_problem(api("GET", "/api/v1/alerts/1/ledger?format=xml"), 400, "invalid");
}

TEST_F(ApiTest, AlertsArePagedByCursor) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(api("POST", "/api/v1/alerts", std::string(kDraft)).status, 201);
    }
    std::vector<std::int64_t> seen;
    std::string target = "/api/v1/alerts?limit=2";
    for (int pages = 0; pages < 3; ++pages) {
        const json::object page = object_of(api("GET", target));
        for (const json::value& alert : page.at("alerts").as_array()) {
            seen.push_back(alert.at("id").as_int64());
        }
        if (page.at("next_cursor").is_null()) {
            break;
        }
        target = "/api/v1/alerts?limit=2&cursor=" + std::string(page.at("next_cursor").as_string());
    }
    EXPECT_EQ(seen, (std::vector<std::int64_t>{5, 4, 3, 2, 1}));
}

TEST_F(ApiTest, NobodyWithoutNameIsAnswered) {
    net::HttpRequest stranger = request("GET", "/api/v1/alerts");
    EXPECT_EQ(send(stranger).status, 401);
    net::HttpRequest basic = request("GET", "/api/v1/alerts");
    basic.headers.set("Authorization", "Basic YTpi");
    EXPECT_EQ(send(basic).status, 401);
    // The desk's own scripts use the session, from the desk's own pages only.
    sign_in_as("ann", model::Role::Editor);
    EXPECT_EQ(get("/api/v1/alerts").status, 200);
    net::HttpRequest forged = request("POST", "/api/v1/alerts", std::string(kDraft));
    forged.headers.set("Content-Type", "application/json");
    forged.headers.set("Sec-Fetch-Site", "cross-site");
    expect_problem(send(forged), 403, "forbidden");
}

TEST_F(ApiTest, ListsReadersAndImports) {
    EXPECT_EQ(object_of(api("GET", "/api/v1/lists/breaking")).at("active").as_int64(), 3);
    expect_problem(api("GET", "/api/v1/lists/nope"), 404, "not_found");
    EXPECT_EQ(api("POST", "/api/v1/lists", R"({"slug":"sport","name":"Sport"})").status, 201);
    expect_problem(api("POST", "/api/v1/lists", R"({"slug":"sport","name":"Sport"})"), 409,
                   "conflict");
    const std::string start = R"({"list":"sport","consent_source":"paper forms","file_hash":")" +
                              std::string(64, 'a') + R"("})";
    const json::object job = object_of(api("POST", "/api/v1/imports", start));
    const std::string base = fmt::format("/api/v1/imports/{}", job.at("id").as_int64());
    const json::object rows = object_of(
        api("POST", base + "/rows",
            R"({"first_row":0,"rows":[{"address":"a@example.net"},{"address":"nonsense"},)"
            R"({"unreadable":"a stray quote"}]})"));
    EXPECT_EQ(rows.at("accepted").as_int64(), 1);
    EXPECT_EQ(rows.at("refused_rows").as_array().size(), 2U);
    expect_problem(api("POST", base + "/rows", R"({"first_row":0,"rows":[{"x":1}]})"), 400,
                   "invalid");
    EXPECT_TRUE(object_of(api("POST", base + "/finish", "{}")).at("finished").as_bool());
    EXPECT_EQ(object_of(api("GET", "/api/v1/subscribers/a@example.net")).at("address").as_string(),
              "a@example.net");
    EXPECT_EQ(api("DELETE", "/api/v1/subscribers/a@example.net").status, 204);
    expect_problem(api("GET", "/api/v1/subscribers/a@example.net"), 404, "not_found");
    EXPECT_TRUE(object_of(api("GET", "/api/v1/consent/verify")).at("intact").as_bool());
}

TEST_F(ApiTest, TheDocumentDescribesEveryRoute) {
    const json::object document = object_of(api("GET", "/api/v1/openapi.json"));
    EXPECT_TRUE(document.at("openapi").as_string().starts_with("3.1"));
    const json::object& paths = document.at("paths").as_object();
    for (const char* path : {"/alerts",
                             "/alerts/{id}",
                             "/alerts/{id}/preview",
                             "/alerts/{id}/approve",
                             "/alerts/{id}/cancel-approval",
                             "/alerts/{id}/release",
                             "/alerts/{id}/stop",
                             "/alerts/{id}/ledger",
                             "/alerts/{id}/verify",
                             "/lists",
                             "/lists/{slug}",
                             "/lists/{slug}/export",
                             "/subscribers/{address}",
                             "/subscribers/{address}/export",
                             "/subscribers/{address}/proof",
                             "/consent/checkpoint",
                             "/consent/consistency",
                             "/consent/verify",
                             "/imports",
                             "/imports/{id}/rows",
                             "/imports/{id}/finish",
                             "/routes",
                             "/nodes",
                             "/tokens",
                             "/tokens/{id}",
                             "/people",
                             "/people/{id}/link"}) {
        EXPECT_TRUE(paths.contains(path)) << path;
    }
}

TEST(ApiSupport, DurationsAreShort) {
    EXPECT_EQ(parse_short_duration("90s"), Seconds(90));
    EXPECT_EQ(parse_short_duration("30m"), Seconds(1800));
    EXPECT_EQ(parse_short_duration("2h"), Seconds(7200));
    EXPECT_EQ(parse_short_duration("1d"), Seconds(86400));
    for (const std::string_view wrong : {"", "h", "2", "-1h", "2 h", "2hh", "99999999999d"}) {
        EXPECT_FALSE(parse_short_duration(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace tocsin::web
