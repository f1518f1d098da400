#include "mail/dkim.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "mail/canonical.h"
#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

std::string crlf(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return out;
}

DkimLookup record(std::map<std::string, std::string> records) {
    return [records = std::move(records)](std::string_view name) -> Result<std::string> {
        const auto found = records.find(std::string(name));
        if (found == records.end()) {
            return not_found("no record");
        }
        return found->second;
    };
}

constexpr std::string_view kRfcBody =
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
    "\n"
    "Hi.\n"
    "\n"
    "We lost the game.  Are you hungry yet?\n"
    "\n"
    "Joe.\n";

// RFC 8463 appendix A: the published message with both signatures, and the published keys.
TEST(Dkim, VerifiesTheMessageOfRfc8463) {
    const std::string message = crlf(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
        " d=football.example.com; i=@football.example.com;\n"
        " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
        " subject : date : message-id : from : subject : date;\n"
        " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
        " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
        " d=football.example.com; i=@football.example.com;\n"
        " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
        " date : message-id : from : subject : date;\n"
        " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
        " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
        " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n" +
        std::string(kRfcBody));
    const DkimLookup lookup =
        record({{"brisbane._domainkey.football.example.com",
                 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
                {"test._domainkey.football.example.com",
                 "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
                 "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
                 "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
                 "Ip3G+2kryOTIKT+l/K4w3QIDAQAB"}});
    const auto verdicts = dkim_verify(message, lookup, from_ms(1'600'000'000'000));
    ASSERT_EQ(verdicts.size(), 2U);
    for (const DkimVerdict& verdict : verdicts) {
        EXPECT_EQ(verdict.status, DkimStatus::Pass) << verdict.algorithm << ": " << verdict.reason;
        EXPECT_EQ(verdict.domain, "football.example.com");
    }
}

// RFC 6376 appendix A: simple/simple, folded by six blanks, as published.
TEST(Dkim, VerifiesTheMessageOfRfc6376) {
    const std::string message = crlf(
        "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
        "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
        "      h=Received : From : To : Subject : Date : Message-ID;\n"
        "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
        "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
        "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
        "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
        "      4bmp/YzhwvcubU4=;\n"
        "Received: from client1.football.example.com  [192.0.2.1]\n"
        "      by submitserver.example.com with SUBMISSION;\n"
        "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n" +
        std::regex_replace(std::string(kRfcBody), std::regex("game.  Are"), "game. Are"));
    const DkimLookup lookup = record(
        {{"brisbane._domainkey.example.com",
          "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg"
          "1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/N"
          "MqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"}});
    const auto verdicts = dkim_verify(message, lookup, from_ms(1'600'000'000'000));
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(verdicts[0].status, DkimStatus::Pass) << verdicts[0].reason;
}

// RFC 6376 section 3.4.5.
TEST(Dkim, CanonicalFormsOfTheRfc) {
    EXPECT_EQ(relaxed_field("A", " X"), "a:X");
    EXPECT_EQ(relaxed_field("B", " Y\t\r\n\tZ  "), "b:Y Z");
    EXPECT_EQ(canonical_body(" C \r\nD \t E\r\n\r\n\r\n", Canonicalization::Relaxed),
              " C\r\nD E\r\n");
    EXPECT_EQ(canonical_body(" C \r\nD \t E\r\n\r\n\r\n", Canonicalization::Simple),
              " C \r\nD \t E\r\n");
    EXPECT_EQ(canonical_body("", Canonicalization::Simple), "\r\n");
    EXPECT_EQ(canonical_body("", Canonicalization::Relaxed), "");
    EXPECT_EQ(canonical_body("no end", Canonicalization::Relaxed), "no end\r\n");
}

class DkimSigning : public testing::Test {
  protected:
    DkimSigning()
        : rsa_(generate_rsa_key_pem()),
          ed25519_(generate_ed25519_key_pem()),
          keys_(*DkimKeys::load("news.example", "s1", rsa_, DkimKeySource{"e1", ed25519_})),
          lookup_(record({{"s1._domainkey.news.example", *dkim_dns_record(rsa_)},
                          {"e1._domainkey.news.example", *dkim_dns_record(ed25519_)}})) {}

    std::vector<DkimVerdict> verify(std::string_view message, Seconds later = Seconds(60)) const {
        return dkim_verify(message, lookup_, from_ms(kDate) + later);
    }

    static constexpr std::int64_t kDate = 1'795'502'159'000;
    std::string rsa_;
    std::string ed25519_;
    DkimKeys keys_;
    DkimLookup lookup_;
    std::string message_ =
        "From: News <news@news.example>\r\nTo: ann@example.com\r\nSubject: Hello\r\n"
        "Date: Tue, 24 Nov 2026 06:35:59 +0000\r\nMessage-ID: <1@news.example>\r\n"
        "X-Own: folded\r\n  value\r\n\r\nHello  there. \r\n\r\n";
};

TEST_F(DkimSigning, BothSignaturesVerifyAndRepeat) {
    const auto signed_message = dkim_sign_message(keys_, message_);
    ASSERT_TRUE(signed_message) << signed_message.error().message();
    EXPECT_TRUE(signed_message->ends_with(message_));
    EXPECT_EQ(*dkim_sign_message(keys_, message_), *signed_message);
    const auto verdicts = verify(*signed_message);
    ASSERT_EQ(verdicts.size(), 2U);
    EXPECT_EQ(verdicts[0].status, DkimStatus::Pass) << verdicts[0].reason;
    EXPECT_EQ(verdicts[0].algorithm, "rsa-sha256");
    EXPECT_EQ(verdicts[1].status, DkimStatus::Pass) << verdicts[1].reason;
    EXPECT_EQ(verdicts[1].algorithm, "ed25519-sha256");
    EXPECT_THAT(*signed_message, testing::HasSubstr(" t=1795502159; x=1796106959;"));
    EXPECT_THAT(*signed_message, testing::Not(testing::HasSubstr(" l=")));
}

TEST_F(DkimSigning, AnyChangeOrAddedHeaderFails) {
    const std::string good = *dkim_sign_message(keys_, message_);
    const auto status = [&](std::string_view message) { return verify(message).at(0).status; };
    const auto with = [&](std::string_view what, std::string_view by) {
        std::string out = good;
        out.replace(out.find(what), what.size(), by);
        return out;
    };
    EXPECT_EQ(status(with("Hello  there.", "Hello there.")), DkimStatus::Pass);  // relaxed
    EXPECT_EQ(status(with("there", "where")), DkimStatus::Fail);
    EXPECT_EQ(status(with("Subject: Hello", "Subject: Hallo")), DkimStatus::Fail);
    EXPECT_EQ(status(with("X-Own: folded", "X-Own: faked")), DkimStatus::Fail);
    for (const std::string added :
         {"From: x@evil.example", "Subject: no", "Reply-To: x@evil.example", "Cc: x@evil.example",
          "Content-Type: text/html", "List-Unsubscribe: <https://evil.example/>",
          "List-Unsubscribe-Post: x", "Feedback-ID: x"}) {
        EXPECT_EQ(status(added + "\r\n" + good), DkimStatus::Fail) << added;
        EXPECT_EQ(status(with("\r\nX-Own: ", "\r\n" + added + "\r\nX-Own: ")), DkimStatus::Fail)
            << added;
    }
    EXPECT_EQ(status(good + "more\r\n"), DkimStatus::Fail);
}

TEST_F(DkimSigning, ExpiresAfterItsValidity) {
    const std::string good = *dkim_sign_message(keys_, message_);
    EXPECT_EQ(verify(good, kDkimValidity).at(0).status, DkimStatus::Pass);
    EXPECT_EQ(verify(good, kDkimValidity + Seconds(1)).at(0).reason, "it has expired");
}

TEST_F(DkimSigning, ReportsMissingRevokedAndWrongKeys) {
    const std::string good = *dkim_sign_message(keys_, message_);
    const auto with = [&](const std::string& text) {
        return dkim_verify(good, record({{"s1._domainkey.news.example", text}}), from_ms(kDate))[0];
    };
    EXPECT_EQ(dkim_verify(good, record({}), from_ms(kDate))[0].status, DkimStatus::PermError);
    EXPECT_EQ(with("v=DKIM1; k=rsa; p=").reason, "the key has been revoked");
    EXPECT_EQ(with(*dkim_dns_record(ed25519_)).status, DkimStatus::PermError);
    EXPECT_EQ(with(*dkim_dns_record(generate_rsa_key_pem())).status, DkimStatus::Fail);
    const DkimLookup down = [](std::string_view) -> Result<std::string> {
        return unavailable("the name server does not answer");
    };
    EXPECT_EQ(dkim_verify(good, down, from_ms(kDate))[0].status, DkimStatus::TempError);
}

TEST_F(DkimSigning, RefusesWhatMustNotBeSigned) {
    EXPECT_FALSE(dkim_sign_message(keys_, "Subject: no sender\r\n\r\nx\r\n"));
    EXPECT_FALSE(dkim_sign_message(keys_, "From: a@b.c\r\nFrom: d@e.f\r\n\r\nx\r\n"));
    EXPECT_FALSE(dkim_sign_message(keys_, "From: a@b.c\r\n\r\nbare\nlf\r\n"));
    EXPECT_FALSE(dkim_sign_message(keys_, "From: a@b.c\r\n\r\nbare\rcr\r\n"));
    EXPECT_FALSE(dkim_sign_message(keys_, "no headers here"));
}

TEST_F(DkimSigning, RecordsAreWhatZoneFilesWant) {
    const std::string text = *dkim_dns_record(rsa_);
    EXPECT_TRUE(text.starts_with("v=DKIM1; k=rsa; p=MII")) << text;
    const std::string strings = dns_txt_strings(text);
    EXPECT_EQ(strings.find("\" \""), 256U);
    EXPECT_EQ(dns_txt_strings("a\"b"), "\"a\\\"b\"");
    EXPECT_TRUE(dkim_dns_record(ed25519_)->starts_with("v=DKIM1; k=ed25519; p="));
    EXPECT_FALSE(dkim_dns_record("nonsense"));
}

TEST_F(DkimSigning, KeysThatCannotSignAreRefusedWithTheReason) {
    const auto reason = [](const Result<DkimKeys>& keys) {
        return keys ? std::string("taken") : keys.error().message();
    };
    EXPECT_THAT(reason(DkimKeys::load("news.example", "s1", "x")),
                testing::HasSubstr("not an RSA private key"));
    EXPECT_THAT(reason(DkimKeys::load("news.example", "s1", ed25519_)),
                testing::HasSubstr("not an RSA private key"));
    EXPECT_THAT(reason(DkimKeys::load("news.example", "s1", generate_rsa_key_pem(512))),
                testing::HasSubstr("512 bits"));
    EXPECT_THAT(reason(DkimKeys::load("news.example; l=0", "s1", rsa_)),
                testing::HasSubstr("DKIM domain"));
    EXPECT_THAT(reason(DkimKeys::load("news.example", "s1", rsa_, DkimKeySource{"s1", ed25519_})),
                testing::HasSubstr("two selectors"));
}

TEST_F(DkimSigning, HostileSignatureHeadersNeverPass) {
    const std::string good = *dkim_sign_message(keys_, message_);
    SeededRandom random(99);
    for (int round = 0; round < 300; ++round) {
        std::string bad = good;
        const std::size_t at = random.below(700);  // inside the first signature header
        const char before = bad[at];
        bad[at] = static_cast<char>(random.below(256));
        for (const DkimVerdict& verdict : verify(bad)) {
            const bool touched = verdict.selector == "s1" && verdict.status == DkimStatus::Pass;
            // Case of names and blanks are free in the relaxed form; nothing else is.
            const bool harmless = ascii_iequals(std::string(1, bad[at]), std::string(1, before)) ||
                                  trim(std::string(1, before)).empty();
            EXPECT_TRUE(!touched || harmless) << at << " " << before << bad[at];
        }
    }
}

TEST(Dkim, ReplaysItsCorpus) {
    sample::replay_corpus("dkim", [](const std::string& bytes) {
        const DkimLookup lookup = [&](std::string_view) -> Result<std::string> { return bytes; };
        for (const DkimVerdict& verdict : dkim_verify(bytes, lookup, sample::kDate)) {
            EXPECT_NE(verdict.status, DkimStatus::Pass);
        }
    });
}

}  // namespace
}  // namespace tocsin::mail
