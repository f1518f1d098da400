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
                HasSubstr("shaping.toml:2: [[reply]] match is no regular expression (RE2): "));
    EXPECT_THAT(message("[[reply]]\nmatch = '(a)\\1'\naction = \"fail\""),
                HasSubstr("shaping.toml:2: [[reply]] match is no regular expression (RE2): "));
    EXPECT_THAT(message("[[reply]]\nmatch = '((a{1,1000}){1,1000})'\naction = \"fail\""),
                HasSubstr("shaping.toml:2: [[reply]] match is no regular expression (RE2): "));
    EXPECT_EQ(message("[[reply]]\nmatch = \"" + std::string(1'001, 'a') + "\"\naction = \"fail\""),
              "shaping.toml:2: [[reply]] match is longer than 1000 bytes");
    EXPECT_EQ(message("\n[[reply]]\nmatch = \"x\"\naction = \"explode\""),
              "shaping.toml:4: [[reply]] action is \"explode\", but must be retry, fail, "
              "throttle, suspend or config");
    EXPECT_EQ(message("[[reply]]\naction = \"fail\""),
              "shaping.toml:1: [[reply]] match is missing: what the reply looks like");
    EXPECT_EQ(message("[[reply]]\nmatch = 1\naction = \"fail\""),
              "shaping.toml:2: [[reply]] match must be a text in quotes");
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\n"),
                HasSubstr(":1: [[reply]] action is missing"));
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\nstage = \"dot\"\naction = \"fail\""),
                HasSubstr(":3: [[reply]] stage is \"dot\", but must be"));
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"fail\"\nhold = \"1h\""),
                HasSubstr(":4: [[reply]] hold goes only with"));
    for (const std::string_view hold :
         {"soon", "", "0s", "-1h", "25h", "1d", "9999999999999999h"}) {
        EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"suspend\"\nhold = \"" +
                            std::string(hold) + "\""),
                    HasSubstr(":4: [[reply]] hold must be"));
    }
    EXPECT_EQ(message("[[reply]]\nmatch = \"x\"\naction = \"fail\"\nmtach = \"1\""),
              "shaping.toml:4: [[reply]] mtach is not a known key (did you mean match?)");
    EXPECT_THAT(message("[[reply]]\nmatch = \"x\"\naction = \"fail\"\nnote = \"a\\nb\""),
                HasSubstr(":4: [[reply]] note must be one line"));
    EXPECT_EQ(message("[[reply]]\nmatch = \"x\"\nsite = \"Gogle\"\naction = \"fail\""),
              "shaping.toml:3: [[reply]] site is \"Gogle\", but no [[site]] or [[smarthost]] is "
              "called so (did you mean Google?)");
    EXPECT_THAT(message("[[reply]\n"), HasSubstr("shaping.toml:1: this is not TOML: "));
    EXPECT_EQ(message(""), "accepted");
}

TEST(ReplyRules, ARuleOfASiteIsForThatSiteOnly) {
    const auto rules = ReplyRules::parse(R"(
[[reply]]
site = "Yahoo"
match = '^451'
action = "suspend"
)");
    ASSERT_TRUE(rules) << rules.error().message();
    const auto decide = [&](std::string_view group) {
        return rules->decide({.code = 451, .enhanced = "", .text = "no", .group = group}).action;
    };
    EXPECT_EQ(decide("Yahoo"), ReplyAction::Suspend);
    EXPECT_EQ(decide("Yahoo Japan"), ReplyAction::Retry);
    EXPECT_EQ(decide(""), ReplyAction::Retry);
}

// A reply as a big provider has given it, and what it means.
struct Said {
    std::string_view group;
    int code;
    std::string_view enhanced, text;
    ReplyStage stage;
    ReplyAction meaning;
    int hold_minutes = 0;
};

TEST(ReplyRules, KnowWhatTheBigProvidersSay) {
    const ReplyRules rules = ReplyRules::built_in();
    using enum ReplyAction;
    using enum ReplyStage;
    const Said said[] = {
        {"Google", 421, "4.7.28", "Gmail has detected an unusual rate of email", FinalDot,
         Throttle},
        {"Google", 550, "5.7.26",
         "This mail has been blocked because the sender is unauthenticated", FinalDot, Config, 30},
        {"Google", 421, "4.7.30", "DKIM did not pass", FinalDot, Config, 30},
        {"Google", 550, "5.1.1", "The email account that you tried to reach does not exist", Rcpt,
         Fail},
        {"Google", 452, "4.2.2", "The recipient's inbox is out of storage space", Rcpt, Retry},
        {"Outlook.com", 550, "5.7.515", "Access denied, sending domain", FinalDot, Config, 30},
        {"Outlook.com", 550, "5.7.1",
         "Unfortunately, messages from [192.0.2.1] weren't sent. part of their network is on our "
         "block list (S3150).",
         Rcpt, Config, 120},
        {"Outlook.com", 451, "4.7.650",
         "The mail server [192.0.2.1] has been temporarily rate "
         "limited due to IP reputation. (S775)",
         Mail, Throttle},
        {"Office 365", 550, "5.7.606", "Access denied, banned sending IP [192.0.2.1]", Rcpt, Config,
         120},
        {"Yahoo", 421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred", Mail,
         Suspend, 120},
        {"Yahoo", 421, "", "[IPTS04] Messages from 192.0.2.1 temporarily deferred", Mail, Suspend,
         120},
        {"Yahoo", 421, "4.7.0", "[TSS05] Messages temporarily deferred", Mail, Suspend, 240},
        {"Yahoo", 421, "4.7.1", "[TS03] All messages from 192.0.2.1 permanently deferred", Mail,
         Throttle},
        {"Yahoo", 553, "5.7.1", "[BL21] Connections not accepted from IP on Spamhaus PBL", Rcpt,
         Config, 120},
        {"Yahoo Japan", 553, "", "Mail from 192.0.2.1 not allowed - VS98-IP0 deferred", Rcpt,
         Suspend, 60},
        {"Comcast", 421, "", "4.2.0 Throttled - try again later. RL0000A3", Mail, Throttle},
        {"Apple iCloud", 421, "", "[HCM1] Your mail from 192.0.2.1 was deferred.", Rcpt, Throttle},
        {"GMX and WEB.DE", 421, "",
         "web.de (mxweb113) Nemesis ESMTP Service not available\nService unavailable\nReject due "
         "to "
         "policy restrictions\nToo many messages have been received in a short period of time.",
         Mail, Suspend, 15},
        {"GMX and WEB.DE", 554, "", "IP address is block listed.", Rcpt, Config, 60},
        {"T-Online", 554, "",
         "IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help or "
         "to contact tosa@rx.t-online.de for reset.",
         Rcpt, Config, 60},
        {"QQ", 550, "", "Ip frequency limited. http://service.mail.qq.com", Rcpt, Suspend, 60},
        {"Amazon SES", 454, "", "Throttling failure: Maximum sending rate exceeded.", FinalDot,
         Throttle},
        {"Amazon SES", 454, "", "Throttling failure: Daily message quota exceeded.", FinalDot,
         Suspend, 10},
        {"Amazon SES", 554, "", "Message rejected: Email address is not verified.", FinalDot,
         Config, 10},
        {"mx.example.org", 550, "", "Ip frequency limited.", Rcpt, Fail},
    };
    for (const Said& one : said) {
        const ReplyDecision decision =
            rules.decide({one.code, one.enhanced, one.text, one.stage, one.group});
        EXPECT_EQ(to_string(decision.action), to_string(one.meaning)) << one.group << one.text;
        EXPECT_EQ(decision.hold, Seconds(one.hold_minutes * 60)) << one.group << one.text;
    }
}

TEST(ReplyRules, NoExpressionIsSlow) {
    const auto rules = ReplyRules::parse("[[reply]]\nmatch = '(a+)+$'\naction = \"fail\"");
    ASSERT_TRUE(rules);
    const std::string text = std::string(5'000, 'a') + "!";
    EXPECT_EQ(rules->decide({.code = 450, .enhanced = "", .text = text}).action, ReplyAction::Fail)
        << "of the first 2,048 bytes only";
    EXPECT_EQ(rules->decide({.code = 450, .enhanced = "", .text = text.substr(4'000)}).action,
              ReplyAction::Retry);
}

TEST(ReplyRules, LongAndBinaryRepliesAreDecided) {
    EXPECT_EQ(built_in(451, "", std::string(100'000, 'x')), ReplyAction::Retry);
    EXPECT_EQ(built_in(554, "", std::string("\0\xff\n\n[", 5)), ReplyAction::Fail);
}

}  // namespace
}  // namespace tocsin::model
