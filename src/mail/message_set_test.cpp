#include "mail/message_set.h"

#include <gtest/gtest.h>

#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

MessageTemplate message(std::string_view text) {
    MailContent content = sample::content_without_templates();
    content.text = std::string(text) + "\n" + std::string(kUnsubscribeUrlMarker) + "\n" +
                   std::string(kPreferencesUrlMarker) + "\n";
    auto compiled = MessageTemplate::compile(content);
    EXPECT_TRUE(compiled) << compiled.error().message();
    return std::move(*compiled);
}

MessageSet three() {
    return MessageSet(
        {{"en", message("Hello")}, {"de", message("Guten Tag")}, {"pt-BR", message("Oi")}});
}

TEST(MessageSet, AReaderGetsTheirLanguageOrTheFirst) {
    const MessageSet set = three();
    EXPECT_EQ(set.index_for("en"), 0U);
    EXPECT_EQ(set.index_for("de"), 1U);
    EXPECT_EQ(set.index_for("de-AT"), 1U);
    EXPECT_EQ(set.index_for("pt-BR"), 2U);
    EXPECT_EQ(set.index_for("pt"), 0U);
    EXPECT_EQ(set.index_for("ja"), 0U);
    EXPECT_EQ(set.index_for(""), 0U);
}

TEST(MessageSet, SurvivesTheDatabase) {
    const std::string bytes = three().encode();
    const auto back = MessageSet::decode(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->size(), 3U);
    EXPECT_EQ(back->encode(), bytes);
    EXPECT_EQ(back->at(1).encode(), message("Guten Tag").encode());
}

TEST(MessageSet, AMessageOfOneLanguageIsAsItAlwaysWas) {
    const std::string bytes = message("Hello").encode();
    EXPECT_EQ(MessageSet({{"en", message("Hello")}}).encode(), bytes);
    const auto back = MessageSet::decode(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->size(), 1U);
}

TEST(MessageSet, BytesThatWereTouchedAreCorrupt) {
    const std::string bytes = three().encode();
    for (std::size_t cut = 0; cut < bytes.size(); cut += 97) {
        EXPECT_FALSE(MessageSet::decode(bytes.substr(0, cut))) << cut;
    }
    for (std::size_t at = 0; at < bytes.size(); at += 53) {
        std::string touched = bytes;
        touched[at] = static_cast<char>(touched[at] ^ 1);
        const auto back = MessageSet::decode(touched);
        EXPECT_TRUE(!back || back->encode() == touched) << at;
    }
    EXPECT_FALSE(MessageSet::decode(bytes + "x"));
    EXPECT_FALSE(MessageSet::decode("tocsin-messages-1\n"));
    EXPECT_FALSE(MessageSet::decode("tocsin-messages-1\nen\n99999999999999999999\n"));
}

TEST(MessageSet, IsDatedInAllLanguages) {
    const Time at = from_ms(1'795'000'000'000);
    const MessageSet dated = three().dated(at);
    EXPECT_EQ(dated.first().date(), at);
    EXPECT_EQ(dated.at(2).date(), at);
}

}  // namespace
}  // namespace tocsin::mail
