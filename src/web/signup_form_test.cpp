#include "web/signup_form.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "web/signup_pace.h"

namespace tocsin::web {
namespace {

net::HttpRequest posted(std::string type, std::string body, std::string accept = "") {
    net::HttpRequest request;
    request.method = "POST";
    request.headers.set("Content-Type", std::move(type));
    request.headers.set("Accept", std::move(accept));
    request.body = std::move(body);
    return request;
}

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kJson = "application/json; charset=utf-8";
constexpr const char* kBrowser = "text/html,application/xhtml+xml,application/json;q=0.1";

TEST(SignupForm, ReadsAPlainForm) {
    const auto form = read_signup_form(posted(
        kForm, "email=+ann%40example.com+&marketing=yes&page_url=https%3A%2F%2FNews.example%2Fa",
        kBrowser));
    ASSERT_TRUE(form);
    EXPECT_EQ(form->email, "ann@example.com");
    EXPECT_TRUE(form->marketing);
    EXPECT_EQ(form->page_url, "https://news.example/a");
    EXPECT_EQ(form->answer, AnswerAs::Page);
    EXPECT_FALSE(form->trapped);
}

TEST(SignupForm, AnUntickedBoxIsNoConsent) {
    const auto form = read_signup_form(posted(kForm, "email=a%40b.example"));
    ASSERT_TRUE(form);
    EXPECT_FALSE(form->marketing);
    EXPECT_FALSE(read_signup_form(posted(kJson, R"({"email":"a@b.example"})"))->marketing);
    EXPECT_FALSE(
        read_signup_form(posted(kJson, R"({"email":"a@b.example","marketing":false})"))->marketing);
}

TEST(SignupForm, JsonIsStrictAboutTypes) {
    const auto form = read_signup_form(posted(
        kJson, R"({"email":"a@b.example","marketing":true,"as_typed":true,"page_url":null})"));
    ASSERT_TRUE(form);
    EXPECT_TRUE(form->marketing);
    EXPECT_EQ(form->as_typed, "a@b.example");
    EXPECT_EQ(form->answer, AnswerAs::Json);
    for (const char* bad : {"", "[]", "{", "{\"email\":1}", "{\"marketing\":\"yes\"}",
                            "{\"email\":\"a\\u0000b\"}", "{\"email\":\"\xFF\"}", "\"a\""}) {
        EXPECT_FALSE(read_signup_form(posted(kJson, bad))) << bad;
    }
}

TEST(SignupForm, BinaryAndOverlongFieldsAreRefused) {
    EXPECT_FALSE(read_signup_form(posted(kForm, "email=%00")));
    EXPECT_FALSE(read_signup_form(posted(kForm, "email=%FF%FE")));
    EXPECT_FALSE(read_signup_form(posted(kForm, "email=" + std::string(100'000, 'a'))));
    EXPECT_FALSE(read_signup_form(posted("text/plain", "email=a")));
}

TEST(SignupForm, OnlyWebPagesCountAsThePage) {
    EXPECT_EQ(read_signup_form(posted(kForm, "email=a&page_url=javascript:alert(1)"))->page_url,
              "");
    net::HttpRequest request = posted(kForm, "email=a");
    request.headers.set("Referer", "https://news.example/x");
    EXPECT_EQ(read_signup_form(request)->page_url, "https://news.example/x");
}

TEST(SignupForm, AnswersAsTheClientAsks) {
    EXPECT_EQ(answer_for(posted(kForm, "", kBrowser)), AnswerAs::Page);
    EXPECT_EQ(answer_for(posted(kForm, "", "application/json")), AnswerAs::Json);
    EXPECT_EQ(answer_for(posted(kForm, "", "*/*")), AnswerAs::Page);
    EXPECT_EQ(answer_for(posted(kJson, "", "*/*")), AnswerAs::Json);
    EXPECT_EQ(read_signup_form(posted(kForm, "email=a&frame=yes"))->answer, AnswerAs::FramedPage);
    EXPECT_TRUE(read_signup_form(posted(kForm, "email=a&contact_me_by_fax=1"))->trapped);
}

TEST(SignupPace, AddressesOfProxiesAndTheMachineAreNotLimited) {
    for (const char* peer : {"", "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.20.0.1", "::1",
                             "fe80::1", "fd00::1", "100.64.0.1", "not an address"}) {
        EXPECT_FALSE(public_network(peer)) << peer;
    }
    EXPECT_EQ(public_network("203.0.113.7"), (PublicNetwork{"203.0.113.7", "203.0.113"}));
    EXPECT_EQ(public_network("::ffff:203.0.113.7"), (PublicNetwork{"203.0.113.7", "203.0.113"}));
    EXPECT_EQ(public_network("2001:db8:1:2::3"),
              (PublicNetwork{"2001:0db8:0001:0002", "2001:0db8:0001"}));
}

}  // namespace
}  // namespace tocsin::web
