#include "model/alert.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "model/actor.h"

namespace tocsin::model {
namespace {

AlertContent sample() {
    AlertContent content;
    content.headline = "Fire at Rotterdam's port: 3 hurt";
    content.summary = "A fire broke out at 06:35.";
    content.url = "https://example.org/fire";
    content.body = "First.\n\nSecond \"quoted\".";
    content.lists = {ListId(1), ListId(7)};
    content.from_name = "The Example";
    content.from_address = "alerts@example.org";
    content.not_after = Seconds(7200);
    content.nonce = "00112233445566778899aabbccddeeff";
    return content;
}

TEST(Alert, MovesAreExactlyThese) {
    using enum AlertState;
    using enum AlertMove;
    EXPECT_EQ(after(Draft, Edit), Draft);
    EXPECT_EQ(after(Draft, Approve), Approved);
    EXPECT_EQ(after(Draft, Release), std::nullopt);
    EXPECT_EQ(after(Draft, Stop), std::nullopt);
    EXPECT_EQ(after(Approved, Edit), Draft);
    EXPECT_EQ(after(Approved, CancelApproval), Draft);
    EXPECT_EQ(after(Approved, Approve), std::nullopt);
    EXPECT_EQ(after(Approved, Release), Released);
    for (const AlertState sent : {Released, Stopped, Finished}) {
        EXPECT_EQ(after(sent, Edit), std::nullopt);
        EXPECT_EQ(after(sent, Approve), std::nullopt);
        EXPECT_EQ(after(sent, CancelApproval), std::nullopt);
        EXPECT_EQ(after(sent, Release), std::nullopt);
    }
    EXPECT_EQ(after(Released, Stop), Stopped);
    EXPECT_EQ(after(Released, Finish), Finished);
    EXPECT_EQ(after(Stopped, Finish), std::nullopt);
}

TEST(Alert, ApprovalRuleCountsPeople) {
    EXPECT_EQ(ApprovalRule{1}.approvals_needed(), 1);
    EXPECT_TRUE(ApprovalRule{1}.author_may_approve());
    EXPECT_EQ(ApprovalRule{2}.approvals_needed(), 1);
    EXPECT_FALSE(ApprovalRule{2}.author_may_approve());
    EXPECT_EQ(ApprovalRule{3}.approvals_needed(), 2);
}

TEST(Alert, CanonicalJsonIsThisText) {
    EXPECT_EQ(canonical_json(sample()),
              R"({"at_most_once":false,"body":"First.\n\nSecond \"quoted\".",)"
              R"("from_address":"alerts@example.org","from_name":"The Example",)"
              R"("headline":"Fire at Rotterdam's port: 3 hurt","kind":"alert","lists":[1,7],)"
              R"("nonce":"00112233445566778899aabbccddeeff","not_after_seconds":7200,"of":null,)"
              R"("summary":"A fire broke out at 06:35.","url":"https://example.org/fire"})");
}

TEST(Alert, ContentSurvivesTheRoundTrip) {
    AlertContent content = sample();
    content.kind = AlertKind::Correction;
    content.of = AlertId(41);
    content.repeat = Repeat::AtMostOnce;
    const Result<AlertContent> back = parse_content(canonical_json(content));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, content);
}

TEST(Alert, WhoIsLeftOutAndPriorityStandInItOnlyWhereTheySaySomething) {
    const std::string plain = canonical_json(sample());
    EXPECT_EQ(plain.find("exclude"), std::string::npos);
    EXPECT_EQ(plain.find("priority"), std::string::npos);
    AlertContent content = sample();
    content.exclude = {ListId(9), ListId(7), ListId(9)};
    content.priority = Priority::Major;
    content = normalized(content);
    const std::string json = canonical_json(content);
    EXPECT_NE(json.find(R"("exclude":[7,9],"from_address")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("priority":"major","summary")"), std::string::npos) << json;
    const Result<AlertContent> back = parse_content(json);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, content);
    EXPECT_FALSE(parse_content(plain.substr(0, plain.size() - 1) + R"(,"priority":"normal"})"));
}

TEST(Alert, AListIsChosenOrLeftOutButNotBoth) {
    AlertContent content = sample();
    content.exclude = content.lists;
    const auto problems = content_problems(content, Completeness::Complete);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].field, "exclude");
}

TEST(Alert, StoredContentThatWasTouchedIsCorrupt) {
    const std::string json = canonical_json(sample());
    EXPECT_FALSE(parse_content(json + " "));
    EXPECT_FALSE(parse_content(json.substr(0, json.size() - 1)));
    std::string renamed = json;
    renamed.replace(renamed.find("\"nonce\""), 7, "\"nunce\"");
    EXPECT_FALSE(parse_content(renamed));
    EXPECT_FALSE(parse_content("[]"));
}

TEST(Alert, EveryFieldChangesTheHash) {
    const std::string base = content_hash(canonical_json(sample()));
    std::vector<AlertContent> variants(12, sample());
    variants[0].kind = AlertKind::Update;
    variants[1].of = AlertId(2);
    variants[2].headline += "!";
    variants[3].summary += "!";
    variants[4].url += "!";
    variants[5].body += "!";
    variants[6].lists.pop_back();
    variants[7].from_name += "!";
    variants[8].from_address += "x";
    variants[9].not_after += Seconds(1);
    variants[10].repeat = Repeat::AtMostOnce;
    variants[11].nonce.back() = '0';
    for (const AlertContent& variant : variants) {
        EXPECT_NE(content_hash(canonical_json(variant)), base);
    }
}

TEST(Alert, ChecksNameTheField) {
    EXPECT_TRUE(content_problems(sample(), Completeness::Complete).empty());
    const auto field_of = [](const AlertContent& content) {
        const auto problems = content_problems(content, Completeness::Complete);
        return problems.empty() ? std::string("none") : problems.front().field;
    };
    AlertContent content = sample();
    content.headline = "two\nlines";
    EXPECT_EQ(field_of(content), "headline");
    content = sample();
    content.headline = "a\xC2\x85z";
    EXPECT_EQ(field_of(content), "headline");
    content = sample();
    content.headline = "a\xE2\x80\xA8z";
    EXPECT_EQ(field_of(content), "headline");
    content = sample();
    content.headline = std::string(251, 'x');
    EXPECT_EQ(field_of(content), "headline");
    content = sample();
    content.summary = "\xFF";
    EXPECT_EQ(field_of(content), "summary");
    content = sample();
    content.url = "javascript:alert(1)";
    EXPECT_EQ(field_of(content), "url");
    content = sample();
    content.lists.clear();
    EXPECT_EQ(field_of(content), "lists");
    content.kind = AlertKind::Retraction;
    content.of = AlertId(3);
    EXPECT_EQ(field_of(content), "none");
    content.kind = AlertKind::Alert;
    EXPECT_EQ(field_of(content), "of");
    content = sample();
    content.not_after = Seconds(59);
    EXPECT_EQ(field_of(content), "not_after");
}

TEST(Alert, ADraftMayHaveHolesButNoControls) {
    AlertContent content;
    content.not_after = kNotAfterDefault;
    EXPECT_TRUE(check_content(content, Completeness::Draft));
    EXPECT_FALSE(check_content(content, Completeness::Complete));
    content.body = std::string("nul\0here", 8);
    EXPECT_FALSE(check_content(content, Completeness::Draft));
}

TEST(Alert, NormalizedIsWhatPeopleSee) {
    AlertContent content = sample();
    content.headline = "  Fire\r\n at  the\tport ";
    content.body = "\r\n\r\nOne  \r\ntwo\r\n\r\n\r\n\r\nthree\r\n";
    content.lists = {ListId(7), ListId(1), ListId(7)};
    const AlertContent tidy = normalized(content);
    EXPECT_EQ(tidy.headline, "Fire at the port");
    EXPECT_EQ(tidy.body, "One\ntwo\n\nthree");
    EXPECT_EQ(tidy.lists, (std::vector<ListId>{ListId(1), ListId(7)}));
    EXPECT_EQ(normalized(tidy), tidy);
    EXPECT_EQ(paragraphs(tidy.body), (std::vector<std::string_view>{"One\ntwo", "three"}));
}

TEST(Alert, TheKindIsSaidOnce) {
    AlertContent content = sample();
    content.kind = AlertKind::Correction;
    content.headline = "CORRECTION: nobody was hurt";
    EXPECT_EQ(normalized(content).headline, "nobody was hurt");
    content.kind = AlertKind::Alert;
    EXPECT_EQ(normalized(content).headline, "CORRECTION: nobody was hurt");
}

TEST(Alert, SlugsAreReadable) {
    EXPECT_EQ(slug_of("Fire at Rotterdam's port: 3 hurt"), "fire-at-rotterdams-port-3-hurt");
    EXPECT_EQ(slug_of("Z\xC3\xBCrich \xE2\x80\x94 caf\xC3\xA9"), "zurich-cafe");
    EXPECT_EQ(slug_of("\xE6\x9D\xB1\xE4\xBA\xAC"), "alert");
    const std::string slug = slug_of(std::string(40, 'a') + " " + std::string(40, 'b'));
    EXPECT_EQ(slug, std::string(40, 'a'));
    EXPECT_EQ(slug_of(std::string(99, 'a')).size(), 60U);
}

TEST(Actor, AdministratorsKeepTheMachineNotTheNews) {
    EXPECT_TRUE(role_permissions(Role::Administrator, 1).allow(Permission::ReleaseAlerts));
    EXPECT_FALSE(role_permissions(Role::Administrator, 2).allow(Permission::ReleaseAlerts));
    EXPECT_FALSE(role_permissions(Role::Administrator, 2).allow(Permission::ApproveAlerts));
    EXPECT_FALSE(role_permissions(Role::Writer, 1).allow(Permission::ApproveAlerts));
    EXPECT_TRUE(role_permissions(Role::Editor, 2).allow(Permission::ReleaseAlerts));
    EXPECT_FALSE(role_permissions(Role::Editor, 1).allow(Permission::Automate));
    EXPECT_TRUE(operator_actor().allows(Permission::Automate));
}

TEST(Actor, ScopesAreKnownWords) {
    const Result<Permissions> draft = scope_permissions("alerts:draft read");
    ASSERT_TRUE(draft);
    EXPECT_TRUE(draft->allow(Permission::WriteAlerts));
    EXPECT_FALSE(draft->allow(Permission::ReleaseAlerts));
    EXPECT_FALSE(scope_permissions("alerts:draft everything"));
}

}  // namespace
}  // namespace tocsin::model
