#include "mail/smtp_reply.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace tocsin::mail {
namespace {

using Step = ReplyParser::Step;

Reply parsed(std::string_view bytes) {
    ReplyParser parser;
    EXPECT_EQ(parser.feed(bytes), Step::Complete);
    EXPECT_TRUE(bytes.empty());
    return parser.reply();
}

TEST(SmtpReply, OneLine) {
    const Reply reply = parsed("450 4.2.1 Mailbox busy\r\n");
    EXPECT_EQ(reply.code, 450);
    EXPECT_EQ(reply.enhanced, "4.2.1");
    EXPECT_EQ(reply.text, "Mailbox busy");
    EXPECT_TRUE(reply.transient());
    EXPECT_EQ(to_line(reply), "450 4.2.1 Mailbox busy");
}

TEST(SmtpReply, ManyLinesWithTheEnhancedCodeOnEach) {
    const Reply reply = parsed("550-5.7.26 Not authenticated.\r\n550 5.7.26 See help.\r\n");
    EXPECT_EQ(reply.enhanced, "5.7.26");
    EXPECT_EQ(reply.text, "Not authenticated.\nSee help.");
}

TEST(SmtpReply, CodeAlone) {
    EXPECT_EQ(parsed("250\r\n").code, 250);
    EXPECT_EQ(parsed("250 \r\n").text, "");
    EXPECT_EQ(parsed("250-\r\n250\r\n").text, "\n");
    EXPECT_EQ(parsed("250 2.0.0\r\n").enhanced, "2.0.0");
}

TEST(SmtpReply, WhatLooksLikeAnEnhancedCodeButIsNot) {
    for (const char* text : {"4.0.0 x", "2.0 x", "2.0.0.0 x", "2.0.0x", "2.1234.0 x", "2..0 x",
                             "2.0. x", "3.0.0 x", "2.0.1234 x"}) {
        const Reply reply = parsed("250 " + std::string(text) + "\r\n");
        EXPECT_EQ(reply.enhanced, "") << text;
        EXPECT_EQ(reply.text, text);
    }
}

TEST(SmtpReply, StopsAfterOneReply) {
    ReplyParser parser;
    std::string_view bytes = "250 a\r\n354 b\r\n5";
    EXPECT_EQ(parser.feed(bytes), Step::Complete);
    EXPECT_EQ(parser.reply().code, 250);
    EXPECT_TRUE(parser.at_start());
    EXPECT_EQ(parser.feed(bytes), Step::Complete);
    EXPECT_EQ(parser.reply().code, 354);
    EXPECT_EQ(parser.feed(bytes), Step::NeedMore);
    EXPECT_FALSE(parser.at_start());
}

TEST(SmtpReply, EverySplitGivesTheSame) {
    const std::string all = "250-mx.example at your service\r\n250-2.0.0 SIZE 1000\r\n250 OK\r\n";
    for (std::size_t cut = 0; cut < all.size(); ++cut) {
        ReplyParser parser;
        std::string_view first = std::string_view(all).substr(0, cut);
        EXPECT_EQ(parser.feed(first), Step::NeedMore);
        std::string_view second = std::string_view(all).substr(cut);
        ASSERT_EQ(parser.feed(second), Step::Complete) << cut;
        EXPECT_EQ(parser.reply().text, "mx.example at your service\nSIZE 1000\nOK");
    }
}

TEST(SmtpReply, BrokenIsBrokenForGood) {
    ReplyParser parser;
    std::string_view bytes = "oops\r\n250 ok\r\n";
    EXPECT_EQ(parser.feed(bytes), Step::Broken);
    EXPECT_EQ(parser.feed(bytes), Step::Broken);
    EXPECT_FALSE(parser.problem().empty());
}

TEST(SmtpReply, LimitsAreExact) {
    const std::string line(limits::kSmtpReplyLineBytesMax - 6, 'x');
    parsed("250 " + line + "\r\n");
    ReplyParser long_line;
    const std::string too_long = "250 " + line + "x\r\n";
    std::string_view bytes = too_long;
    EXPECT_EQ(long_line.feed(bytes), Step::Broken);

    std::string lines;
    for (std::size_t i = 1; i < limits::kSmtpReplyLinesMax; ++i) {
        lines += "250-x\r\n";
    }
    parsed(lines + "250 x\r\n");
    ReplyParser many;
    const std::string too_many = lines + "250-x\r\n250 x\r\n";
    bytes = too_many;
    EXPECT_EQ(many.feed(bytes), Step::Broken);
}

TEST(SmtpReply, ToLineIsOneLineWhateverTheText) {
    EXPECT_EQ(to_line(Reply{550, "5.1.1", "a\nb\x1b[31m\x7f"}), "550 5.1.1 a b [31m ");
}

}  // namespace
}  // namespace tocsin::mail
