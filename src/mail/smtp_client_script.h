// SmtpClientScript: a test's view of SmtpClient: what it wrote as text, what the peer says, what
// became of each message. For tests and the fuzz target only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/smtp_client.h"

namespace tocsin::mail {

class SmtpClientScript : public SmtpReports {
  public:
    explicit SmtpClientScript(SmtpClientConfig config = plain()) : client(config, *this) {}

    // No TLS, no AUTH.
    static SmtpClientConfig plain() {
        SmtpClientConfig config;
        config.helo = "news.example";
        config.starttls = SmtpClientConfig::StartTls::Never;
        return config;
    }
    static OutgoingMessage message(std::uint64_t tag) {
        OutgoingMessage out;
        out.tag = tag;
        out.mail_from = "b+" + std::to_string(tag) + "@news.example";
        out.rcpt_to = "r" + std::to_string(tag) + "@example.com";
        out.bytes = "Subject: " + std::to_string(tag) + "\r\n\r\nHello.\r\n";
        return out;
    }

    // What the client wants to write, written at once.
    std::string wrote() {
        std::string text = take();
        if (!text.empty()) {
            client.output_written();
        }
        return text;
    }
    // The same, but the write stays under way.
    std::string take() {
        client.advance();
        std::vector<std::string_view> pieces;
        std::string text;
        if (client.take_output(pieces)) {
            for (const std::string_view piece : pieces) {
                text += piece;
            }
        }
        return text;
    }
    std::string say(std::string_view reply) {
        client.receive(reply);
        return wrote();
    }
    // Greeting and EHLO with these extensions, one a line.
    void open(std::vector<std::string> extensions) {
        say("220 mx.example ESMTP\r\n");
        std::string ehlo;
        for (const std::string& extension : extensions) {
            ehlo += "250-" + extension + "\r\n";
        }
        say("250-mx.example\r\n" + ehlo + "250 HELP\r\n");
    }
    std::string offer(std::uint64_t tag) {
        client.offer(message(tag));
        return wrote();
    }

    // "Replied 250", "NotSent", "Unknown", or "" if there is no outcome yet.
    std::string outcome(std::uint64_t tag) const {
        const auto found = outcomes.find(tag);
        if (found == outcomes.end()) {
            return "";
        }
        switch (found->second.kind) {
            case SmtpOutcome::Kind::Replied:
                return "Replied " + std::to_string(found->second.reply.code);
            case SmtpOutcome::Kind::NotSent:
                return "NotSent";
            case SmtpOutcome::Kind::Unknown:
                return "Unknown";
        }
        return "";
    }

    void on_outcome(const SmtpOutcome& outcome) override {
        ++outcome_count[outcome.tag];
        outcomes[outcome.tag] = outcome;
    }
    void on_spent(OutgoingMessage&& message) override { ++spent_count[message.tag]; }
    bool still_wanted(std::uint64_t tag) override { return !withdrawn.contains(tag); }

    std::map<std::uint64_t, SmtpOutcome> outcomes;
    std::map<std::uint64_t, int> outcome_count;
    std::map<std::uint64_t, int> spent_count;
    std::set<std::uint64_t> withdrawn;
    SmtpClient client;
};

}  // namespace tocsin::mail
