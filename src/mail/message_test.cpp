#include "mail/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/random.h"
#include "mail/canonical.h"
#include "mail/mime_reader.h"
#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

using sample::Reader;

std::string compose(const MessageTemplate& message, const DkimKeys* keys, const Reader& reader) {
    MessageComposer composer(message, keys);
    std::string out;
    const Status done = composer.compose(reader.view(), out);
    EXPECT_TRUE(done) << done.error().message();
    return out;
}

MessageTemplate compiled(const MailContent& content) {
    auto message = MessageTemplate::compile(content);
    EXPECT_TRUE(message) << message.error().message();
    return *message;
}

std::vector<std::string> names_of(std::string_view message) {
    std::vector<std::string> out;
    const auto parts = split_message(message);
    EXPECT_TRUE(parts);
    for (const RawField& field : parts->fields) {
        out.emplace_back(field.name);
    }
    return out;
}

// CRLF only, short lines, no line that begins with a dot; 7-bit but for an address that is not.
void expect_wire_form(std::string_view message, bool ascii = true) {
    EXPECT_TRUE(message.ends_with("\r\n"));
    const auto parts = split_message(message);
    ASSERT_TRUE(parts);
    EXPECT_EQ(canonical_body(parts->body, Canonicalization::Relaxed), parts->body);
    while (!message.empty()) {
        const std::size_t end = message.find("\r\n");
        ASSERT_NE(end, std::string_view::npos);
        const std::string_view line = message.substr(0, end);
        EXPECT_LE(line.size(), line.data() >= parts->body.data() ? 76U : 998U);
        EXPECT_FALSE(line.starts_with('.')) << line;
        for (const char c : line) {
            EXPECT_TRUE((c >= 0x20 && c <= 0x7E) ||
                        (!ascii && static_cast<unsigned char>(c) > 127));
        }
        message.remove_prefix(end + 2);
    }
}

TEST(Message, IsTheGoldenMailAndVerifies) {
    const DkimKeys keys = sample::keys();
    std::string zone;  // for other programs that verify the golden mails
    for (const std::string name :
         {"t2026._domainkey.news.example", "t2026e._domainkey.news.example"}) {
        zone += name + " " + *sample::lookup()(name) + "\n";
    }
    sample::expect_golden("dns.txt", zone);
    for (const auto& [kind, name] : {std::pair(AlertMailKind::Alert, "alert.eml"),
                                     std::pair(AlertMailKind::Correction, "correction.eml")}) {
        Reader reader;
        if (kind == AlertMailKind::Correction) {
            reader.references = reader.message_id;
            message_id_for(43, "0123456789abcdef", "news.example", reader.message_id);
        }
        const std::string mail = compose(compiled(sample::content(kind)), &keys, reader);
        sample::expect_golden(name, mail);
        expect_wire_form(mail);
        const auto verdicts = dkim_verify(mail, sample::lookup(), sample::kDate + Seconds(5));
        ASSERT_EQ(verdicts.size(), 2U);
        EXPECT_EQ(verdicts[0].status, DkimStatus::Pass) << verdicts[0].reason;
        EXPECT_EQ(verdicts[1].status, DkimStatus::Pass) << verdicts[1].reason;
    }
}

TEST(Message, SaysToOthersWhatWasMeant) {
    const MailContent content = sample::content(AlertMailKind::Correction);
    Reader reader;
    reader.references = "42.0011223344556677@news.example";
    const auto mail = parse_mail(compose(compiled(content), nullptr, reader));
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->subject, content.subject);
    EXPECT_EQ(mail->from, "The Harbour Courier <alerts@news.example>");
    EXPECT_EQ(mail->to, "ann.reader@example.com");
    EXPECT_EQ(mail->date, sample::kDate);
    EXPECT_EQ(mail->message_id, reader.message_id);
    EXPECT_EQ(mail->header("References"), "<42.0011223344556677@news.example>");
    EXPECT_EQ(mail->header("In-Reply-To"), "<42.0011223344556677@news.example>");
    EXPECT_EQ(mail->header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    EXPECT_EQ(mail->header("List-Unsubscribe"),
              "<https://alerts.news.example/u/" + reader.unsubscribe_token +
                  ">, <mailto:leave@news.example?subject=" + reader.unsubscribe_token + ">");
    EXPECT_EQ(mail->header("Feedback-ID"), content.feedback_id);
    EXPECT_EQ(mail->header("List-Id"), content.list_id);
    for (const std::string* part : {&mail->text, &mail->html}) {
        EXPECT_THAT(
            *part, testing::HasSubstr("https://alerts.news.example/u/" + reader.unsubscribe_token));
        EXPECT_THAT(
            *part, testing::HasSubstr("https://alerts.news.example/p/" + reader.preferences_token));
        EXPECT_THAT(*part, testing::Not(testing::HasSubstr("tocsin.invalid")));
    }
    EXPECT_TRUE(mail->attachments.empty());
}

TEST(Message, TheSameRecipientGivesTheSameBytes) {
    const DkimKeys keys = sample::keys();
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    const MessageTemplate thawed = *MessageTemplate::decode(message.encode());
    MessageComposer composer(message, &keys);
    const Reader ann;
    Reader bob;
    bob.address = "bob@example.org";
    std::string out;
    ASSERT_TRUE(composer.compose(ann.view(), out));
    const std::string first = out;
    ASSERT_TRUE(composer.compose(bob.view(), out));
    EXPECT_NE(out, first);
    ASSERT_TRUE(composer.compose(ann.view(), out));
    EXPECT_EQ(out, first);
    EXPECT_EQ(compose(thawed, &keys, ann), first);
    EXPECT_EQ(compose(compiled(sample::content(AlertMailKind::Alert)), &keys, ann), first);
}

TEST(Message, APairIsComposedAsEachAlone) {
    const DkimKeys keys = sample::keys();
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    Reader ann;
    Reader bob;
    bob.address = "bob.with.a.longer.name@example.org";
    bob.references = "7.00112233aabbccdd@harbourpost.net";
    Reader bad;
    bad.address = "a@b\r\nBcc: c@d";
    for (const DkimKeys* signing : {&keys, static_cast<const DkimKeys*>(nullptr)}) {
        MessageComposer composer(message, signing);
        std::string one;
        std::string two;
        const auto both = composer.compose_pair({ann.view(), bob.view()}, {&one, &two});
        EXPECT_TRUE(both[0] && both[1]);
        EXPECT_EQ(one, compose(message, signing, ann));
        EXPECT_EQ(two, compose(message, signing, bob));
        const auto first = composer.compose_pair({bob.view(), bad.view()}, {&one, &two});
        EXPECT_TRUE(first[0] && !first[1]);
        EXPECT_EQ(one, compose(message, signing, bob));
        const auto second = composer.compose_pair({bad.view(), ann.view()}, {&one, &two});
        EXPECT_TRUE(!second[0] && second[1]);
        EXPECT_EQ(two, compose(message, signing, ann));
    }
}

TEST(Message, SigningMayHappenElsewhere) {
    const DkimKeys keys = sample::keys();
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    MessageComposer composer(message, &keys);
    const Reader reader;
    std::string prepared;
    PendingSignature pending;
    ASSERT_TRUE(composer.prepare(reader.view(), prepared, pending));
    DkimSigner(keys).sign(pending, prepared);
    std::string composed;
    ASSERT_TRUE(composer.compose(reader.view(), composed));
    EXPECT_EQ(prepared, composed);
}

TEST(Message, ComposingAllocatesNothingOnceItsBufferHasGrown) {
    const DkimKeys keys = sample::keys();
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    MessageComposer composer(message, &keys);
    const Reader reader;
    std::string out;
    out.reserve(message.size_hint());
    const char* buffer = out.data();
    ASSERT_TRUE(composer.compose(reader.view(), out));
    EXPECT_EQ(out.data(), buffer);
}

TEST(Message, AnSmtpUtf8AddressIsWrittenAsItIs) {
    const DkimKeys keys = sample::keys();
    Reader reader;
    reader.address = "j\xC3\xBCrg@example.com";
    const std::string mail =
        compose(compiled(sample::content(AlertMailKind::Alert)), &keys, reader);
    EXPECT_THAT(mail, testing::HasSubstr("\r\nTo: j\xC3\xBCrg@example.com\r\n"));
    expect_wire_form(mail, false);
    EXPECT_EQ(dkim_verify(mail, sample::lookup(), sample::kDate).at(0).status, DkimStatus::Pass);
}

TEST(Message, DatedFreezesAnotherMoment) {
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    const Time later = sample::kDate + Seconds(3600);
    MailContent content = sample::content(AlertMailKind::Alert);
    content.date = later;
    EXPECT_EQ(message.dated(later).encode(), compiled(content).encode());
    EXPECT_EQ(message.dated(later).date(), later);
}

TEST(Message, RefusesRecipientsThatCouldInject) {
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    MessageComposer composer(message, nullptr);
    std::string out;
    const auto refused = [&](auto change) {
        Reader reader;
        change(reader);
        return !composer.compose(reader.view(), out);
    };
    EXPECT_FALSE(refused([](Reader&) {}));
    for (const std::string bad : {"a@b\r\nBcc: c@d", "a@b\n", "a@b, c@d", "<a@b>", "a b@c", "",
                                  "a@b\x7F", "\"a\"@b", "a(x)@b"}) {
        EXPECT_TRUE(refused([&](Reader& reader) { reader.address = bad; })) << bad;
        EXPECT_TRUE(refused([&](Reader& reader) { reader.message_id = bad; })) << bad;
        EXPECT_TRUE(refused([&](Reader& reader) { reader.unsubscribe_token = bad; })) << bad;
        EXPECT_TRUE(bad.empty() || refused([&](Reader& reader) { reader.references = bad; }))
            << bad;
    }
    EXPECT_TRUE(refused([](Reader& reader) { reader.address += std::string(1, '\0'); }));
    EXPECT_TRUE(refused([](Reader& reader) { reader.preferences_token.back() = '='; }));
    EXPECT_TRUE(refused([](Reader& reader) { reader.preferences_token.pop_back(); }));
}

TEST(Message, RefusesContentThatCouldInject) {
    const MailContent good = sample::content(AlertMailKind::Alert);
    const auto refused = [&](auto change) {
        MailContent content = good;
        change(content);
        return !MessageTemplate::compile(content);
    };
    EXPECT_FALSE(refused([](MailContent&) {}));
    for (const std::string& bad :
         {std::string("x\r\nBcc: a@b"), std::string("x\n"), std::string("\r"),
          std::string("x\0y", 3), std::string("\xFF")}) {
        EXPECT_TRUE(refused([&](MailContent& c) { c.from_name = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.from_address = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.subject = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.list_id = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.feedback_id = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.message_id_domain = bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.unsubscribe_url_prefix += bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.preferences_url_prefix += bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.unsubscribe_mailto += bad; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.extra_headers = {{"X-Note", bad}}; }));
        EXPECT_TRUE(refused([&](MailContent& c) { c.extra_headers = {{bad, "x"}}; }));
    }
    for (const std::string taken : {"From", "bcc", "DKIM-Signature", "Content-Type", "subject"}) {
        EXPECT_TRUE(refused([&](MailContent& c) { c.extra_headers = {{taken, "x"}}; })) << taken;
    }
    EXPECT_TRUE(refused([](MailContent& c) { c.extra_headers = {{"X-A", "1"}, {"x-a", "2"}}; }));
    EXPECT_TRUE(refused([](MailContent& c) { c.subject = " "; }));
    EXPECT_TRUE(refused([](MailContent& c) { c.unsubscribe_token_chars = 0; }));
    EXPECT_TRUE(refused([](MailContent& c) { c.unsubscribe_url_prefix = "javascript:x"; }));
}

// Whatever bytes are in whatever field: either it is refused, or the mail has exactly the headers
// that were meant and keeps its wire form.
TEST(Message, AnyFieldGivesExactlyTheIntendedHeaders) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 31;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    const DkimKeys keys = sample::keys();
    const std::vector<std::string> signed_names = {"DKIM-Signature",
                                                   "DKIM-Signature",
                                                   "From",
                                                   "To",
                                                   "Subject",
                                                   "Date",
                                                   "Message-ID",
                                                   "List-Id",
                                                   "List-Unsubscribe",
                                                   "List-Unsubscribe-Post",
                                                   "Feedback-ID",
                                                   "X-Note",
                                                   "MIME-Version",
                                                   "Content-Type"};
    int taken = 0;
    for (int round = 0; round < 400; ++round) {
        const auto noise = [&] {
            const std::uint64_t length = random.below(40);
            const bool harsh = random.below(8) == 0;
            std::string out;
            for (std::uint64_t i = 0; i < length; ++i) {
                const auto byte =
                    static_cast<char>(harsh ? random.below(256) : 32 + random.below(95));
                out += byte;
                out += !harsh && random.below(20) == 0 ? "\xC3\xA9" : "";
            }
            return out;
        };
        MailContent content = sample::content_without_templates();
        std::string* const fields[] = {&content.from_name, &content.subject, &content.text,
                                       &content.html};
        *fields[random.below(std::size(fields))] = noise();
        content.extra_headers = {{"X-Note", random.below(2) == 0 ? "plain" : noise()}};
        if (random.below(4) == 0) {
            content.list_id = noise() + " <breaking.news.example>";
        }
        const auto message = MessageTemplate::compile(content);
        if (!message) {
            continue;
        }
        ++taken;
        const std::string mail = compose(*message, &keys, Reader());
        std::vector<std::string> want = signed_names;
        if (content.html.empty()) {
            want.emplace_back("Content-Transfer-Encoding");
        }
        EXPECT_EQ(names_of(mail), want);
        expect_wire_form(mail);
        const auto parsed = parse_mail(mail);
        ASSERT_TRUE(parsed);
        std::vector<std::string> seen;
        for (const auto& header : parsed->headers) {
            seen.push_back(header.first);
        }
        EXPECT_EQ(seen, want);
        EXPECT_EQ(parsed->subject, content.subject);
        EXPECT_EQ(dkim_verify(mail, sample::lookup(), sample::kDate).at(0).status,
                  DkimStatus::Pass);
    }
    EXPECT_GT(taken, 150);
}

TEST(Message, DecodeTakesOnlyWhatEncodeWrote) {
    const MessageTemplate message = compiled(sample::content(AlertMailKind::Alert));
    const std::string good = message.encode();
    EXPECT_EQ(MessageTemplate::decode(good)->encode(), good);
    SeededRandom random(5);
    for (int round = 0; round < 200; ++round) {
        std::string bad = good;
        bad[random.below(bad.size())] ^= static_cast<char>(1 << random.below(8));
        EXPECT_FALSE(MessageTemplate::decode(bad));
        EXPECT_FALSE(
            MessageTemplate::decode(std::string_view(good).substr(0, random.below(good.size()))));
    }
    EXPECT_FALSE(MessageTemplate::decode(good + "x"));
    EXPECT_FALSE(MessageTemplate::decode(""));
    std::string newer = good;
    newer.replace(0, 16, "TOCSIN MESSAGE 2");
    EXPECT_THAT(MessageTemplate::decode(newer).error().message(),
                testing::HasSubstr("another version"));
}

TEST(Message, DecodeChecksMoreThanTheChecksum) {
    std::string bad = compiled(sample::content(AlertMailKind::Alert)).encode();
    bad.resize(bad.size() - kSha256Bytes);
    bad[bad.size() - 24] = '\x7F';  // the last slot's place
    bad[bad.size() - 22] = '\x7F';
    bad += sha256(bad);
    EXPECT_FALSE(MessageTemplate::decode(bad));
}

TEST(Message, MessageIdsAreKnownFromAlertAndSubscriber) {
    std::string first;
    std::string again;
    std::string other;
    message_id_for(42, "0123456789abcdef", "news.example", first);
    message_id_for(42, "0123456789abcdef", "news.example", again);
    message_id_for(42, "0123456789abcdeg", "news.example", other);
    EXPECT_EQ(first, again);
    EXPECT_NE(first, other);
    EXPECT_THAT(first, testing::MatchesRegex("42\\.[0-9a-f]{16}@news\\.example"));
}

TEST(Message, ReplaysItsCorpus) {
    sample::replay_corpus("message", [](const std::string& bytes) {
        const auto message = MessageTemplate::decode(bytes + sha256(bytes));
        if (message) {
            std::string out;
            MessageComposer composer(*message, nullptr);
            (void)composer.compose(Reader().view(), out);
        }
    });
}

}  // namespace
}  // namespace tocsin::mail
