#include "model/reply_rules.h"

#include <gmock/gmock.h>

namespace tocsin::model {
namespace {

using ::testing::HasSubstr;

ReplyAction built_in(int code, std::string_view enhanced, std::string_view text,
                     ReplyStage stage = ReplyStage::FinalDot) {
    static const ReplyRules rules = ReplyRules::built_in();
    return rules.decide({.code = code, .enhanced = enhanced, .text = text, .stage = stage}).action;
}

TEST(ReplyRules, DecideByClassWhereNoRuleMatches) {
    EXPECT_EQ(built_in(250, "2.0.0", "Ok"), ReplyAction::Accepted);
    EXPECT_EQ(built_in(451, "4.3.0", "local error"), ReplyAction::Retry);
    EXPECT_EQ(built_in(550, "5.1.1", "unknown user", ReplyStage::Rcpt), ReplyAction::Fail);
    EXPECT_EQ(built_in(554, "", "no"), ReplyAction::Fail);
}

TEST(ReplyRules, ThrottlesAreNoAttempts) {
    EXPECT_EQ(built_in(421, "4.7.28", "unusual rate of mail", ReplyStage::Mail),
              ReplyAction::Throttle);
    EXPECT_EQ(built_in(421, "", "too many connections"), ReplyAction::Throttle);
    EXPECT_EQ(built_in(450, "4.7.1", "rate"), ReplyAction::Throttle);
    EXPECT_EQ(built_in(454, "", "Throttling failure: Maximum sending rate exceeded."),
              ReplyAction::Throttle);
    EXPECT_EQ(built_in(454, "", "Throttling failure", ReplyStage::Data), ReplyAction::Throttle);
    EXPECT_EQ(built_in(454, "4.7.0", "TLS not available", ReplyStage::Mail), ReplyAction::Throttle);
}

TEST(ReplyRules, GreylistingIsARetry) {
    EXPECT_EQ(built_in(450, "4.7.1", "Greylisted, come back", ReplyStage::Rcpt),
              ReplyAction::Retry);
    EXPECT_EQ(built_in(451, "4.7.1", "grey-listing in action", ReplyStage::Rcpt),
              ReplyAction::Retry);
}

TEST(ReplyRules, A552AtRcptIsTransient) {
    EXPECT_EQ(built_in(552, "5.2.2", "mailbox full", ReplyStage::Rcpt), ReplyAction::Retry);
    EXPECT_EQ(built_in(552, "5.2.2", "mailbox full"), ReplyAction::Fail);
    EXPECT_EQ(built_in(552, "5.3.4", "too big", ReplyStage::Mail), ReplyAction::Fail);
}

TEST(ReplyRules, OurOwnMisconfigurationFailsNobody) {
    EXPECT_EQ(built_in(550, "5.7.515", "Access denied, sending domain does not meet"),
              ReplyAction::Config);
    EXPECT_EQ(built_in(554, "5.7.1", "<a@b.example>: Relay access denied", ReplyStage::Rcpt),
              ReplyAction::Config);
    EXPECT_EQ(built_in(530, "5.7.0", "Authentication required", ReplyStage::Mail),
              ReplyAction::Config);
    EXPECT_EQ(built_in(553, "5.7.1", "sender not owned", ReplyStage::Mail), ReplyAction::Config);
}

TEST(ReplyRules, TheOperatorsRulesComeFirst) {
    const auto rules = ReplyRules::parse(R"(
[[reply]]
match = "quota"
stage = "rcpt"
action = "fail"
[[reply]]
match = '^421 4\.7\.28'
action = "suspend"
hold = "2h"
note = "Gmail"
)");
    ASSERT_TRUE(rules) << rules.error().message();
    EXPECT_EQ(rules->decide({552, "", "over quota", ReplyStage::Rcpt}).action, ReplyAction::Fail);
    EXPECT_EQ(rules->decide({452, "", "over QUOTA", ReplyStage::FinalDot}).action,
              ReplyAction::Retry);
    const ReplyDecision held = rules->decide({421, "4.7.28", "slow down", ReplyStage::Mail});
    EXPECT_EQ(held.action, ReplyAction::Suspend);
    EXPECT_EQ(held.hold, Seconds(7'200));
    EXPECT_EQ(held.note, "Gmail");
    EXPECT_EQ(rules->decide({421, "", "bye", ReplyStage::Mail}).action, ReplyAction::Throttle);
}

TEST(ReplyRules, BadRulesAreNamedByLine) {
    const auto message = [](std::string_view text) {
        const auto rules = ReplyRules::parse(text);
        return rules ? std::string("accepted") : rules.error().message();
    };
    EXPECT_THAT(message("[[reply]]\nmatch = \"(\"\naction = \"fail\""),
                HasSubstr("line 1: match is no regular expression"));
    EXPECT_THAT(message("\n[[reply]]\nmatch = \"x\"\naction = \"explode\""),
                HasSubstr("line 2: action is \"explode\""));
    EXPECT_THAT(message("[[reply]]\naction = \"fail\""), HasSubstr("match is missing"));
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"fail\"\nhold = \"1h\""),
                HasSubstr("hold goes only with"));
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"suspend\"\nhold = \"soon\""),
                HasSubstr("hold must be"));
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"fail\"\nfoo = \"1\""),
                HasSubstr("unknown key \"foo\""));
    EXPECT_THAT(message("[[reply]\n"), HasSubstr("line 1"));
    EXPECT_EQ(message(""), "accepted");
}

TEST(ReplyRules, LongAndBinaryRepliesAreDecided) {
    EXPECT_EQ(built_in(451, "", std::string(100'000, 'x')), ReplyAction::Retry);
    EXPECT_EQ(built_in(554, "", std::string("\0\xff\n\n[", 5)), ReplyAction::Fail);
}

}  // namespace
}  // namespace tocsin::model
