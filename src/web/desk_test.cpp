#include <gtest/gtest.h>

#include "base/bytes.h"
#include "web/desk_support.h"
#include "web/mail_preview.h"
#include "web/newsroom_fixture.h"

namespace tocsin::web {
namespace {

class DeskTest : public NewsroomTest {
  protected:
    DeskTest() {
        make_list("breaking", "Breaking news");
        make_readers("breaking", 3);
        sign_in_as("ann", model::Role::Editor);
    }

    static std::string form(std::string_view headline) {
        return fmt::format(
            "kind=alert&headline={}&summary=It+happened+at+06%3A35.&url=https%3A%2F%2Fnews.example"
            "%2Ffire&lists=1&not_after=7200&then=review",
            net::percent_encode(headline));
    }

    // Writes one; returns its address.
    std::string write(std::string_view headline) {
        const auto response = post("/desk/alerts/new", form(headline));
        EXPECT_EQ(response.status, 303) << response.body;
        return std::string(response.headers.get("Location"));
    }

    std::string hash_of(const std::string& address) {
        const std::int64_t id = std::stoll(address.substr(address.rfind('/') + 1));
        return hex_encode(wait(alerts_->find(AlertId(id)))->full.revision.hash);
    }
};

bool has(const net::HttpResponse& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
}

TEST_F(DeskTest, AnAlertGoesFromTheFormToTheWire) {
    const std::string address = write("Fire at the port");
    const auto draft = get(address);
    EXPECT_EQ(draft.status, 200);
    EXPECT_TRUE(has(draft, "Fire at the port"));
    EXPECT_TRUE(has(draft, ">Approve</button>"));
    EXPECT_FALSE(has(draft, "/release"));
    const std::string seen = "seen=" + hash_of(address);
    EXPECT_EQ(post(address + "/approve", seen).status, 303);
    const auto approved = get(address);
    EXPECT_TRUE(has(approved, "Release to 3 readers"));
    EXPECT_EQ(post(address + "/release", seen).status, 303);
    const auto running = get(address);
    EXPECT_EQ(running.status, 200);
    EXPECT_TRUE(has(running, "Stop sending"));
    EXPECT_TRUE(has(running, "data-watch=\"" + address + "/events\""));
    EXPECT_TRUE(has(running, "<noscript><meta http-equiv=\"refresh\""));
    EXPECT_EQ(post(address + "/release", seen).status, 303);  // pressed twice
    EXPECT_EQ(post(address + "/stop").status, 303);
    EXPECT_TRUE(has(get(address), "Stopped"));
    EXPECT_EQ(post(address + "/edit", form("Too late")).status, 409);
    EXPECT_EQ(get(address + "/edit").status, 409);
}

TEST_F(DeskTest, ReleaseNeedsTheApprovedText) {
    const std::string address = write("Fire at the port");
    const std::string seen = hash_of(address);
    EXPECT_EQ(post(address + "/release", "seen=" + seen).status, 409);
    ASSERT_EQ(post(address + "/approve", "seen=" + seen).status, 303);
    const std::string edit = form("Fire at the harbour") + "&seen=" + seen;
    ASSERT_EQ(post(address + "/edit", edit).status, 303);
    EXPECT_EQ(post(address + "/release", "seen=" + seen).status, 409);
    EXPECT_EQ(post(address + "/release", "seen=" + hash_of(address)).status, 409);
    EXPECT_EQ(post(address + "/release", "seen=nonsense").status, 409);
}

TEST_F(DeskTest, TwoEditorsNeverOverwriteEachOther) {
    const std::string address = write("Fire at the port");
    const std::string seen = hash_of(address);
    ASSERT_EQ(post(address + "/edit", form("First") + "&seen=" + seen).status, 303);
    const auto second = post(address + "/edit", form("Second") + "&seen=" + seen);
    EXPECT_EQ(second.status, 409);
    EXPECT_TRUE(has(second, "Open the newest text"));
    EXPECT_TRUE(has(second, "Second"));  // what was typed is still there
}

TEST_F(DeskTest, ARefusedFormKeepsWhatWasTyped) {
    const auto response =
        post("/desk/alerts/new", "kind=alert&headline=Fire&summary=x&url=nonsense&lists=1");
    EXPECT_EQ(response.status, 422);
    EXPECT_TRUE(has(response, "The link must begin with https:// or http://"));
    EXPECT_TRUE(has(response, "value=\"nonsense\""));
}

TEST_F(DeskTest, ADraftWithHolesSaysWhatIsMissing) {
    const auto response = post("/desk/alerts/new", "kind=alert&headline=Fire&then=review");
    ASSERT_EQ(response.status, 303);
    const auto review = get(std::string(response.headers.get("Location")));
    EXPECT_TRUE(has(review, "Write a summary"));
    EXPECT_FALSE(has(review, ">Approve</button>"));
}

TEST_F(DeskTest, WhatIsTypedIsNeverMarkup) {
    const std::string address = write("<script>alert(1)</script> \"quoted\" & more");
    for (const std::string& page : {address, address + "/edit", std::string("/desk"),
                                    address + "/preview", address + "/preview?view=text"}) {
        const auto response = get(page);
        EXPECT_EQ(response.status, 200) << page;
        EXPECT_FALSE(has(response, "<script>alert")) << page;
    }
}

TEST_F(DeskTest, PagesCarryStrictHeaders) {
    for (const std::string page : {"/desk", "/desk/alerts/new", "/desk/audience", "/desk/settings",
                                   "/desk/sign-in", "/desk/alerts/99"}) {
        const auto response = get(page);
        const std::string_view policy = response.headers.get("Content-Security-Policy");
        if (response.status == 303) {
            continue;
        }
        EXPECT_NE(policy.find("default-src 'none'"), std::string_view::npos) << page;
        EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string_view::npos) << page;
        EXPECT_EQ(policy.find("unsafe"), std::string_view::npos) << page;
        EXPECT_EQ(response.headers.get("Cache-Control"), "no-store") << page;
        EXPECT_EQ(response.body.find("style=\""), std::string::npos) << page;
        EXPECT_EQ(response.body.find("onclick"), std::string::npos) << page;
    }
}

TEST_F(DeskTest, ThePreviewRunsNothingAndIsFramedByTheDeskAlone) {
    const auto response = get(write("Fire at the port") + "/preview");
    const std::string_view policy = response.headers.get("Content-Security-Policy");
    EXPECT_NE(policy.find("sandbox"), std::string_view::npos);
    EXPECT_EQ(policy.find("allow-scripts"), std::string_view::npos);
    EXPECT_EQ(policy.find("script-src"), std::string_view::npos);
    EXPECT_NE(policy.find("frame-ancestors 'self'"), std::string_view::npos);
    EXPECT_TRUE(has(response, "Fire at the port"));
}

TEST_F(DeskTest, ThePreviewFollowsTheFormUnsaved) {
    const auto html = post("/desk/preview", form("Not saved yet") + "&view=dark");
    EXPECT_EQ(html.status, 200);
    EXPECT_TRUE(has(html, "Not saved yet"));
    EXPECT_FALSE(has(html, "prefers-color-scheme"));
    const auto check = post("/desk/check", form("Not saved yet"));
    EXPECT_TRUE(has(check, "\"audience\":\"3\""));
    EXPECT_TRUE(has(check, "\"problems\":{}"));
    EXPECT_TRUE(has(get("/desk"), "Nothing has been sent yet"));
}

TEST_F(DeskTest, RolesDoWhatTheyMay) {
    const std::string address = write("Fire at the port");
    const std::string seen = "seen=" + hash_of(address);
    sign_in_as("wim", model::Role::Writer);
    EXPECT_EQ(get(address).status, 200);
    EXPECT_EQ(post(address + "/approve", seen).status, 403);
    EXPECT_EQ(post(address + "/release", seen).status, 403);
    EXPECT_EQ(post("/desk/audience/reader", "address=a%40b.example").status, 403);
    EXPECT_EQ(post("/desk/settings/people", "name=x&role=editor").status, 403);
    sign_in_as("aud", model::Role::Auditor);
    EXPECT_EQ(get("/desk").status, 200);
    EXPECT_EQ(get("/desk/alerts/new").status, 403);
    EXPECT_EQ(post("/desk/alerts/new", form("x")).status, 403);
    EXPECT_EQ(post(address + "/stop").status, 403);
}

TEST_F(DeskTest, ACorrectionOpensWithItsOriginal) {
    const std::string address = write("Fire at the port");
    const std::string seen = "seen=" + hash_of(address);
    const std::string id = address.substr(address.rfind('/') + 1);
    EXPECT_EQ(get("/desk/alerts/new?kind=correction&of=" + id).status, 404);  // not sent yet
    ASSERT_EQ(post(address + "/approve", seen).status, 303);
    ASSERT_EQ(post(address + "/release", seen).status, 303);
    const auto page = get("/desk/alerts/new?kind=correction&of=" + id);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(has(page, "You are correcting"));
    EXPECT_FALSE(has(page, "Who gets it"));
    EXPECT_EQ(get("/desk/alerts/new?kind=correction").status, 404);
    EXPECT_EQ(get("/desk/alerts/new?kind=nonsense").status, 400);
}

TEST_F(DeskTest, TheLedgerDownloads) {
    const std::string address = write("Fire at the port");
    const std::string seen = "seen=" + hash_of(address);
    EXPECT_EQ(get(address + "/ledger.csv").status, 404);
    ASSERT_EQ(post(address + "/approve", seen).status, 303);
    ASSERT_EQ(post(address + "/release", seen).status, 303);
    const auto ledger = get(address + "/ledger.csv");
    EXPECT_EQ(ledger.status, 200);
    EXPECT_TRUE(ledger.headers.get("Content-Disposition").starts_with("attachment"));
    EXPECT_TRUE(ledger.stream);
}

TEST_F(DeskTest, OneReaderIsFoundExportedAndErased) {
    sign_in_as("adm", model::Role::Administrator);
    const std::string who = "address=reader1%40breaking.example.net";
    const auto page = post("/desk/audience/reader", who);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(has(page, "Was imported"));
    EXPECT_EQ(post("/desk/audience/reader", "address=nobody%40example.net").status, 404);
    const auto file = post("/desk/audience/reader/export", who);
    EXPECT_TRUE(has(file, "reader1@breaking.example.net"));
    EXPECT_EQ(post("/desk/audience/reader/erase", who + "&again=other%40x.example").status, 400);
    EXPECT_EQ(
        post("/desk/audience/reader/erase", who + "&again=reader1%40breaking.example.net").status,
        303);
    EXPECT_EQ(post("/desk/audience/reader", who).status, 404);
}

TEST_F(DeskTest, SettingsMakePeopleAndTokens) {
    sign_in_as("adm", model::Role::Administrator);
    const auto person = post("/desk/settings/people", "name=Ben&role=writer");
    EXPECT_TRUE(has(person, "https://desk.news.example/desk/link/"));
    EXPECT_EQ(post("/desk/settings/people", "name=Ben&role=writer").status, 409);
    EXPECT_EQ(post("/desk/settings/people", "name=Cy&role=king").status, 400);
    const auto token = post("/desk/settings/tokens", "name=CMS&scopes=read&expires=30d");
    EXPECT_TRUE(has(token, "tcs_"));
    EXPECT_FALSE(has(get("/desk/settings"), "tcs_"));  // shown once
    EXPECT_EQ(post("/desk/settings/tokens/1/revoke").status, 303);
    EXPECT_EQ(post("/desk/settings/tokens/1/revoke").status, 404);
}

TEST_F(DeskTest, ListsAreCreatedAndCounted) {
    sign_in_as("adm", model::Role::Administrator);
    EXPECT_EQ(post("/desk/audience/lists", "name=Sport&slug=sport").status, 303);
    const auto again = post("/desk/audience/lists", "name=Sport&slug=sport");
    EXPECT_EQ(again.status, 409);
    EXPECT_TRUE(has(again, "value=\"Sport\""));
    const auto page = get("/desk/audience");
    EXPECT_TRUE(has(page, "Breaking news"));
    EXPECT_TRUE(has(page, "https://news.example/lists/sport"));
}

TEST(DeskSupport, NumbersAndTimesReadWell) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(duration_text(830), "830 ms");
    EXPECT_EQ(duration_text(4'210), "4.2 s");
    EXPECT_EQ(duration_text(72'000), "1 min 12 s");
    EXPECT_EQ(life_text(Seconds(3600)), "1 hour");
    EXPECT_EQ(life_text(Seconds(1800)), "30 minutes");
    EXPECT_EQ(time_text(from_ms(1'700'000'000'000)), "14 Nov 2023, 22:13 UTC");
    EXPECT_EQ(person_text("staff:ann"), "ann");
    EXPECT_EQ(person_text("operator"), "operator");
}

}  // namespace
}  // namespace tocsin::web
