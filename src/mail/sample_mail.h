// The mails that tests compose and keep as golden files: fixed keys, names and times, so that every
// byte is known. tests/golden/mail holds what they must be; UPDATE_GOLDEN=1 writes it anew. For
// tests only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "mail/alert_mail.h"
#include "mail/dkim.h"
#include "mail/message.h"

namespace tocsin::mail::sample {

inline std::string path(const std::string& name) {
    return TOCSIN_SOURCE_DIR "/tests/golden/mail/" + name;
}

inline std::string read(const std::string& name) {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The bytes are those of the golden file.
inline void expect_golden(const std::string& name, const std::string& bytes) {
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path(name), std::ios::binary) << bytes;
    }
    const std::string want = read(name);
    EXPECT_TRUE(bytes == want) << path(name)
                               << " differs; if the change is meant, run with UPDATE_GOLDEN=1";
}

// Gives every file of fuzz/corpus/<name> to the function.
template <class Function>
void replay_corpus(const std::string& name, Function function) {
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/" + name)) {
        SCOPED_TRACE(entry.path().string());
        std::ifstream in(entry.path(), std::ios::binary);
        std::ostringstream bytes;
        bytes << in.rdbuf();
        function(bytes.str());
        ++files;
    }
    EXPECT_GT(files, 0U);
}

inline const Time kDate = from_ms(1'795'502'159'000);  // 24 November 2026, 06:35:59 UTC
inline constexpr std::size_t kTokenChars = 72;

inline DkimKeys keys() {
    return *DkimKeys::load("news.example", "t2026", read("test-only-rsa.pem"),
                           DkimKeySource{"t2026e", read("test-only-ed25519.pem")});
}

inline DkimLookup lookup() {
    return [](std::string_view name) -> Result<std::string> {
        if (name == "t2026._domainkey.news.example") {
            return dkim_dns_record(read("test-only-rsa.pem"));
        }
        if (name == "t2026e._domainkey.news.example") {
            return dkim_dns_record(read("test-only-ed25519.pem"));
        }
        return not_found("no record");
    };
}

inline AlertMailValues alert_values(AlertMailKind kind) {
    AlertMailValues values;
    values.kind = kind;
    values.newspaper = "The Harbour Courier";
    values.site_url = "https://news.example/";
    values.list_name = "Breaking news alerts";
    values.headline = "Storm surge breaches the Old Harbour wall; 4,000 told to leave";
    values.summary =
        "Police and coastguard are moving residents of the Lower Quays to schools on the hill. "
        "The caf\xC3\xA9 quarter is under half a metre of water.";
    values.article_url = "https://news.example/2026/11/24/harbour-wall?from=alert&edition=1";
    values.body = {"The wall gave way at 06:10 along some 30 metres, the harbour master said.",
                   "High water is expected at 07:40. Trains to the Quays have stopped."};
    values.published = "24 November 2026, 06:35 UTC";
    values.web_url = "https://news.example/alerts/harbour-wall";
    values.postal_address = "1 Signal Street, Port Example 10115";
    values.privacy_url = "https://news.example/privacy";
    if (kind != AlertMailKind::Alert) {
        values.original_headline = "Storm surge breaches the Old Harbour wall";
    }
    return values;
}

// All of a mail but what the templates say.
inline MailContent content_without_templates() {
    MailContent out;
    out.from_name = "The Harbour Courier";
    out.from_address = "alerts@news.example";
    out.subject = "Storm surge";
    out.date = kDate;
    out.text = "Leave: " + std::string(kUnsubscribeUrlMarker);
    out.html = "<p>Change: " + std::string(kPreferencesUrlMarker) + "</p>";
    out.list_id = "Breaking news alerts <breaking.news.example>";
    out.feedback_id = "alert42:breaking:tocsin:harbour";
    out.message_id_domain = "news.example";
    out.unsubscribe_url_prefix = "https://alerts.news.example/u/";
    out.preferences_url_prefix = "https://alerts.news.example/p/";
    out.unsubscribe_mailto = "mailto:leave@news.example?subject=";
    out.unsubscribe_token_chars = kTokenChars;
    out.preferences_token_chars = kTokenChars;
    return out;
}

inline MailContent content(AlertMailKind kind) {
    const AlertMailValues values = alert_values(kind);
    const auto templates = Templates::load();
    EXPECT_TRUE(templates) << templates.error().message();
    const auto rendered = render_alert_mail(*templates, values);
    EXPECT_TRUE(rendered) << rendered.error().message();
    MailContent out = content_without_templates();
    out.subject = alert_mail_subject(templates->catalog(), "en", kind, values.headline);
    out.text = rendered->text;
    out.html = rendered->html;
    return out;
}

// One reader with all that a Recipient views.
struct Reader {
    std::string address = "ann.reader@example.com";
    std::string message_id;
    std::string unsubscribe_token = std::string(kTokenChars - 4, 'U') + "_-09";
    std::string preferences_token = std::string(kTokenChars - 4, 'P') + "-_90";
    std::string references;

    Reader() { message_id_for(42, "0123456789abcdef", "news.example", message_id); }
    Recipient view() const {
        return {address, message_id, unsubscribe_token, preferences_token, references};
    }
};

}  // namespace tocsin::mail::sample
