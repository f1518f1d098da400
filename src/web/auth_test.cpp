#include "web/auth.h"

#include <gtest/gtest.h>

#include "web/newsroom_fixture.h"

namespace tocsin::web {
namespace {

class AuthTest : public NewsroomTest {};

std::string sign_in_form(std::string_view name, std::string_view password) {
    return fmt::format("name={}&password={}", name, password);
}

TEST_F(AuthTest, AStrangerIsSentToSignIn) {
    const auto response = get("/desk");
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(response.headers.get("Location"), "/desk/sign-in");
    EXPECT_EQ(get("/desk/alerts/1").headers.get("Location"),
              "/desk/sign-in?next=%2Fdesk%2Falerts%2F1");
    EXPECT_EQ(get("/desk/sign-in").status, 200);
}

TEST_F(AuthTest, AOneTimeLinkSetsThePasswordOnce) {
    const UserId user = make_person("ann", model::Role::Editor);
    const auto link = wait(auth_->make_link(model::operator_actor(), user));
    ASSERT_TRUE(link);
    const std::string path = link->substr(link->find("/desk/"));
    EXPECT_NE(get(path).body.find("Welcome, ann"), std::string::npos);
    EXPECT_EQ(post(path, "password=short").status, 400);
    EXPECT_EQ(get(path).status, 200);  // looking and failing do not use it up
    const auto used = post(path, "password=" + std::string(kPassword));
    EXPECT_EQ(used.status, 303);
    keep_cookies(used);
    EXPECT_EQ(get("/desk").status, 200);
    EXPECT_EQ(get(path).status, 404);
    EXPECT_EQ(post(path, "password=" + std::string(kPassword)).status, 404);
}

TEST_F(AuthTest, AnOldLinkIsGone) {
    const UserId user = make_person("ann", model::Role::Editor);
    const auto link = wait(auth_->make_link(model::operator_actor(), user));
    clock_.advance(std::chrono::hours(25));
    EXPECT_EQ(get(link->substr(link->find("/desk/"))).status, 410);
    EXPECT_EQ(get("/desk/link/forged").status, 404);
}

TEST_F(AuthTest, TheCookieIsWhatTheBrowserKeepsSafest) {
    sign_in_as("ann", model::Role::Editor);
    cookies_.clear();
    const auto response = post("/desk/sign-in", sign_in_form("ann", kPassword));
    ASSERT_EQ(response.status, 303);
    const std::string cookie(response.headers.get("Set-Cookie"));
    EXPECT_TRUE(cookie.starts_with("__Host-tocsin-desk="));
    for (const std::string_view part :
         {"; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Strict"}) {
        EXPECT_NE(cookie.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(cookie.find("Domain="), std::string::npos);
}

TEST_F(AuthTest, SigningInMakesANewSessionAndEndsTheOld) {
    sign_in_as("ann", model::Role::Editor);
    const std::string old = cookies_;
    const auto response = post("/desk/sign-in", sign_in_form("ann", kPassword));
    cookies_.clear();
    keep_cookies(response);
    EXPECT_EQ(get("/desk").status, 200);
    EXPECT_NE(cookies_, old);
    cookies_ = old;
    EXPECT_EQ(get("/desk").status, 303);
}

TEST_F(AuthTest, WrongPasswordsUnknownNamesAndUnusedAccountsLookAlike) {
    sign_in_as("ann", model::Role::Editor);
    make_person("ben", model::Role::Editor);
    cookies_.clear();
    const auto wrong = post("/desk/sign-in", sign_in_form("ann", "wrong"));
    const auto unknown = post("/desk/sign-in", sign_in_form("zoe", "wrong"));
    const auto unused = post("/desk/sign-in", sign_in_form("ben", ""));
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(unused.status, 401);
    EXPECT_NE(wrong.body.find("The name or the password is wrong."), std::string::npos);
    EXPECT_NE(unknown.body.find("The name or the password is wrong."), std::string::npos);
}

TEST_F(AuthTest, GuessingIsSlowedButNobodyIsLockedOut) {
    sign_in_as("ann", model::Role::Editor);
    const std::string own_browser = cookies_;
    cookies_.clear();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", "guess")).status, 401);
    }
    EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", "guess")).status, 429);
    // Even the right password waits where the guesses came from ...
    EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", kPassword)).status, 429);
    // ... but not in the browser in which ann signed in before, nor from elsewhere.
    cookies_ = own_browser;
    EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", kPassword)).status, 303);
    cookies_.clear();
    net::HttpRequest elsewhere = request("POST", "/desk/sign-in", sign_in_form("ann", kPassword));
    elsewhere.peer = "198.51.100.9";
    EXPECT_EQ(send(elsewhere).status, 303);
    clock_.advance(std::chrono::seconds(3));
    EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", kPassword)).status, 303);
}

TEST_F(AuthTest, AnotherMachineKnowsWhatWasCountedAndWhoWasThere) {
    AuthSettings settings;
    settings.desk_url = "https://desk.news.example";
    settings.argon_passes = 1;
    settings.argon_memory_bytes = 8192;
    settings.secret = "of the installation";
    Auth here(*store_, clock_, random_, settings);
    Auth there(*store_, clock_, random_, settings);
    const UserId ann = make_person("ann", model::Role::Editor);
    const auto link = wait(here.make_link(model::operator_actor(), ann));
    ASSERT_TRUE(link);
    const std::string secret = link->substr(link->rfind('/') + 1);
    const net::HttpRequest browser = request("POST", "/desk/sign-in", "");
    const auto first = wait(there.redeem_link(browser, secret, "four unrelated words"));
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_FALSE(wait(here.redeem_link(browser, secret, "four unrelated words")));
    for (int i = 0; i < 5; ++i) {
        Auth& one = i % 2 == 0 ? here : there;
        EXPECT_EQ(wait(one.sign_in(browser, "ann", "guess")).error().kind(),
                  ErrorKind::Unauthorized);
    }
    for (Auth* one : {&here, &there}) {
        EXPECT_EQ(wait(one->sign_in(browser, "ann", "four unrelated words")).error().kind(),
                  ErrorKind::Limited);
    }
    net::HttpRequest known = browser;
    const std::string& device = first->cookies.at(1);
    known.headers.set("Cookie", device.substr(0, device.find(';')));
    EXPECT_TRUE(wait(here.sign_in(known, "ann", "four unrelated words")));
}

TEST_F(AuthTest, ADisabledPersonIsOutAtOnce) {
    const UserId user = sign_in_as("ann", model::Role::Editor);
    EXPECT_EQ(get("/desk").status, 200);
    const auto disable = [user](store::Database& db) -> Status {
        store::set_desk_disabled(db, user, true);
        return {};
    };
    ASSERT_TRUE(store_->run(disable));
    EXPECT_EQ(get("/desk").status, 303);
    EXPECT_EQ(post("/desk/sign-in", sign_in_form("ann", kPassword)).status, 401);
    EXPECT_FALSE(wait(auth_->make_link(model::operator_actor(), user)));
}

TEST_F(AuthTest, SessionsEndByTimeAndByIdling) {
    sign_in_as("ann", model::Role::Editor);
    clock_.advance(std::chrono::hours(3));
    EXPECT_EQ(get("/desk").status, 200);
    clock_.advance(std::chrono::hours(3));
    EXPECT_EQ(get("/desk").status, 200);
    clock_.advance(std::chrono::hours(5));
    EXPECT_EQ(get("/desk").status, 303);
}

TEST_F(AuthTest, SigningOutEndsTheSession) {
    sign_in_as("ann", model::Role::Editor);
    const auto response = post("/desk/sign-out");
    EXPECT_EQ(response.status, 303);
    EXPECT_NE(response.headers.get("Set-Cookie").find("Max-Age=0"), std::string_view::npos);
    EXPECT_EQ(get("/desk").status, 303);
}

TEST_F(AuthTest, OnlyOurOwnPagesMayPost) {
    sign_in_as("ann", model::Role::Editor);
    const auto with = [this](std::string_view site, std::string_view origin) {
        net::HttpRequest forged = request("POST", "/desk/alerts/new", "headline=x");
        forged.headers = {};
        forged.headers.set("Cookie", cookies_);
        forged.headers.set("Host", "desk.news.example");
        forged.headers.set("Content-Type", "application/x-www-form-urlencoded");
        if (!site.empty()) {
            forged.headers.set("Sec-Fetch-Site", std::string(site));
        }
        if (!origin.empty()) {
            forged.headers.set("Origin", std::string(origin));
        }
        return send(forged).status;
    };
    EXPECT_EQ(with("same-origin", ""), 303);
    EXPECT_EQ(with("cross-site", ""), 403);
    EXPECT_EQ(with("same-site", ""), 403);
    EXPECT_EQ(with("cross-site", "https://desk.news.example"), 403);
    EXPECT_EQ(with("", "https://desk.news.example"), 303);
    EXPECT_EQ(with("", "https://evil.example"), 403);
    EXPECT_EQ(with("", "https://desk.news.example.evil.example"), 403);
    EXPECT_EQ(with("", "null"), 403);
    EXPECT_EQ(with("", ""), 403);
}

TEST_F(AuthTest, AfterSigningInOnlyOurOwnPagesFollow) {
    sign_in_as("ann", model::Role::Editor);
    for (const std::string_view next : {"https://evil.example", "//evil.example", "/desk//evil",
                                        "/deskevil\\\\x", "javascript:1", "/desk\r\nX: y"}) {
        const auto response = post(
            "/desk/sign-in", sign_in_form("ann", kPassword) + "&next=" + net::percent_encode(next));
        EXPECT_EQ(response.headers.get("Location"), "/desk") << next;
    }
}

TEST_F(AuthTest, TokensAreHashedScopedAndEnd) {
    make_list("breaking", "Breaking news");
    const auto token = wait(auth_->make_token(model::operator_actor(), "CMS", "read",
                                              clock_.now() + std::chrono::hours(1)));
    ASSERT_TRUE(token);
    EXPECT_TRUE(token->starts_with("tcs_"));
    EXPECT_EQ(api("GET", "/api/v1/lists", "", *token).status, 200);
    EXPECT_EQ(api("POST", "/api/v1/lists", "{}", *token).status, 403);
    const auto refused = api("GET", "/api/v1/lists", "", *token + "x");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.headers.get("WWW-Authenticate"), "Bearer");
    clock_.advance(std::chrono::hours(2));
    EXPECT_EQ(api("GET", "/api/v1/lists", "", *token).status, 401);
    EXPECT_FALSE(wait(auth_->make_token(model::operator_actor(), "x", "everything", {})));
    EXPECT_FALSE(wait(auth_->make_token(model::operator_actor(), "x", "", {})));
}

TEST(AuthThrottle, NetworksAreWhatOneCallerOwns) {
    EXPECT_EQ(network_of("192.0.2.7"), network_of("192.0.2.200"));
    EXPECT_NE(network_of("192.0.2.7"), network_of("192.0.3.7"));
    EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::ffff:1"));
    EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
    EXPECT_EQ(network_of(""), "");
}

}  // namespace
}  // namespace tocsin::web
