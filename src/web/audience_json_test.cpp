#include "web/audience_json.h"

#include <gtest/gtest.h>

namespace tocsin::web {
namespace {

namespace json = boost::json;

const Time kAt = from_ms(1'795'502'159'000);

TEST(ReaderJson, TellsAllThatIsHeld) {
    audience::ReaderRecord record;
    record.id = SubscriberId(3);
    record.address = "ann@paper.example";
    record.tag = "disposable";
    record.subscriptions.emplace_back();
    record.subscriptions[0].list_slug = "breaking";
    record.subscriptions[0].frequency = model::Frequency::Digest;
    record.terms = {"Europe/Paris", 3, 18 * 60 + 30, model::QuietHours{22 * 60, 6 * 60}};
    record.muted = {{AlertId(1), "Fire", "", kAt}};
    record.waiting = {{AlertId(2), "Bridge closed", "breaking", kAt}};
    record.in_digests = {{AlertId(4), "Fog", "breaking", kAt}};
    record.counted = {{AlertId(5), "Storm", "", kAt}};
    record.mails = {{OutboxId(6), "sent", kAt, kAt}};
    record.budgets = {{"confirm", {kAt}, std::nullopt}};
    const json::value told = reader_json(record);
    const auto text = [&](const char* pointer) {
        return std::string(told.at_pointer(pointer).as_string());
    };
    EXPECT_EQ(text("/tag"), "disposable");
    EXPECT_EQ(text("/subscriptions/0/frequency"), "digest");
    EXPECT_EQ(json::serialize(told.at("terms")),
              R"({"zone":"Europe/Paris","daily_max":3,"digest_at":"18:30",)"
              R"("quiet_from":"22:00","quiet_to":"06:00"})");
    EXPECT_EQ(text("/muted_stories/0/headline"), "Fire");
    EXPECT_EQ(text("/muted_stories/0/muted_at"), rfc3339(kAt));
    EXPECT_EQ(text("/waiting_for_digest/0/list"), "breaking");
    EXPECT_EQ(text("/waiting_for_digest/0/due_at"), rfc3339(kAt));
    EXPECT_EQ(text("/in_digests/0/sent_at"), rfc3339(kAt));
    EXPECT_EQ(text("/counted_for_daily_max/0/day"), "2026-11-24");
    EXPECT_EQ(text("/mails/0/state"), "sent");
    EXPECT_EQ(text("/mail_budgets/0/sent/0"), rfc3339(kAt));
    EXPECT_TRUE(told.at_pointer("/mail_budgets/0/blocked_until").is_null());
}

TEST(ReaderJson, WhoNeverChoseHasNoTerms) {
    EXPECT_TRUE(json::value(reader_json({})).at("terms").is_null());
}

}  // namespace
}  // namespace tocsin::web
