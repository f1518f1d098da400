// Plays any bytes as the life of an SmtpClient: what is offered, what the peer says, when writes
// end and where the connection is cut. For the fuzz target and its replay in the tests.
//
//   input = setup *step
//   setup = one byte: bits for STARTTLS, AUTH, window
//   step  = one byte: what happens (its low four bits), with how much of it (the high four)
//
// What must hold for any input, checked with CHECK:
//   - every message ends in exactly one outcome and comes back exactly once;
//   - success is believed only for a message that was handed out to its end;
//   - what is being written stays in place until it is written;
//   - NotSent is said only of a message whose end was not written, Unknown only of one whose was.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mail/smtp_client.h"

namespace tocsin::mail {

class SmtpClientPlay : public SmtpReports {
  public:
    static void run(std::string_view input) {
        if (!input.empty()) {
            SmtpClientPlay play(static_cast<unsigned char>(input.front()));
            play.steps(input.substr(1));
        }
    }

  private:
    explicit SmtpClientPlay(unsigned setup) : client_(config(setup), *this) {}

    static SmtpClientConfig config(unsigned setup) {
        using Config = SmtpClientConfig;
        Config out;
        out.starttls = std::array{Config::StartTls::Never, Config::StartTls::IfOffered,
                                  Config::StartTls::Required, Config::StartTls::Never}[setup & 3];
        out.auth = std::array{Config::Auth::None, Config::Auth::OverVerifiedTls,
                              Config::Auth::Always, Config::Auth::None}[(setup >> 2) & 3];
        out.user = "ann";
        out.password = "secret";
        out.window = 1 + ((setup >> 4) & 7);
        return out;
    }

    void steps(std::string_view input) {
        while (!input.empty() && !closed_) {
            const auto byte = static_cast<unsigned char>(input.front());
            input.remove_prefix(1);
            step(byte & 15, byte >> 4, input);
        }
        if (!closed_) {
            close(pending_write_.size());
        }
        for (std::uint64_t tag = 1; tag < next_tag_; ++tag) {
            CHECK(outcomes_[tag] == 1);
            CHECK(spent_[tag] == 1);
        }
    }

    void step(unsigned what, unsigned much, std::string_view& input) {
        static constexpr std::array<std::string_view, 16> kReplies = {
            "220 mx\r\n",
            "250 ok\r\n",
            "354 go\r\n",
            "250-mx\r\n250-PIPELINING\r\n250-SIZE 90\r\n250 AUTH PLAIN\r\n",
            "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 STARTTLS\r\n",
            "250-mx\r\n250-8BITMIME\r\n250 AUTH LOGIN\r\n",
            "235 2.7.0 ok\r\n",
            "334 x\r\n",
            "421 4.7.0 bye\r\n",
            "450 4.2.1 later\r\n",
            "550 5.1.1 no\r\n",
            "503 no\r\n",
            "221 bye\r\n",
            "250-half\r\n",
            "what\r\n",
            "250 2.0.0 ok\r\n250 ok\r\n354 go\r\n"};
        switch (what) {
            case 0:
            case 1:
                offer(much);
                break;
            case 2:
            case 3:
            case 4:
                client_.receive(kReplies[much]);
                break;
            case 5: {
                const std::string_view raw = input.substr(0, much + 1);
                input.remove_prefix(raw.size());
                client_.receive(raw);
                break;
            }
            case 6:
            case 7:
                take();
                break;
            case 8:
            case 9:
                written();
                break;
            case 10:
                take();
                written();
                break;
            case 11:
                client_.noop();
                break;
            case 12:
                withdrawn_.insert(next_tag_ - 1 - std::min<std::uint64_t>(much, next_tag_ - 1));
                break;
            case 13:
                much == 0 ? client_.finish() : client_.advance();
                break;
            case 14:
                if (client_.step() == SmtpClient::Step::UpgradeTls && pending_write_.empty()) {
                    client_.tls_established();
                }
                break;
            default:
                much == 0 ? client_.peer_closed() : close(pending_write_.size() * much / 15);
                break;
        }
    }

    static OutgoingMessage message(std::uint64_t tag, unsigned kind) {
        OutgoingMessage out;
        out.tag = tag;
        out.mail_from = "b@news.example";
        out.rcpt_to = kind == 1 ? "bad>\r\n" : "r@example.com";
        out.smtputf8 = kind == 2;
        out.bytes = "Subject: [" + std::to_string(tag) + "]\r\n\r\n";
        out.bytes += kind == 3 ? ".\r\n" : kind == 4 ? "\xc3\xa9\r\n" : "Hello.\r\n";
        out.bytes += kind == 5 ? std::string(100, 'x') + "\r\n" : "";
        return out;
    }

    void offer(unsigned kind) {
        if (client_.wants_message()) {
            const std::uint64_t tag = next_tag_++;
            bytes_[tag] = message(tag, kind).bytes;
            client_.offer(message(tag, kind));
        }
    }

    void take() {
        client_.advance();
        if (client_.take_output(pieces_)) {
            pending_write_ = joined_pieces();
            handed_out_ += pending_write_;
        }
    }
    std::string joined_pieces() const {
        std::string out;
        for (const std::string_view piece : pieces_) {
            out += piece;
        }
        return out;
    }
    void written() {
        if (!pending_write_.empty()) {
            CHECK(joined_pieces() == pending_write_);  // what is being written stays in place
            written_ += pending_write_;
            pending_write_.clear();
            client_.output_written();
        }
    }
    void close(std::size_t count) {
        written_ += pending_write_.substr(0, count);
        closed_ = true;
        client_.closed(count, "cut");
    }

    // The message stands in these bytes from its first to its last, with its end.
    bool complete_in(const std::string& bytes, std::uint64_t tag) const {
        const std::string& body = bytes_.at(tag);
        const std::string chunk = "BDAT " + std::to_string(body.size()) + " LAST\r\n" + body;
        return bytes.find(body + ".\r\n") != std::string::npos ||
               bytes.find(chunk) != std::string::npos;
    }

    void on_outcome(const SmtpOutcome& outcome) override {
        ++outcomes_[outcome.tag];
        if (outcome.kind == SmtpOutcome::Kind::Replied && outcome.reply.positive()) {
            CHECK(complete_in(handed_out_, outcome.tag));
        } else if (outcome.kind == SmtpOutcome::Kind::Unknown) {
            CHECK(complete_in(written_, outcome.tag));
        } else if (outcome.kind == SmtpOutcome::Kind::NotSent) {
            CHECK(!complete_in(written_, outcome.tag));
        }
    }
    void on_spent(OutgoingMessage&& spent) override {
        ++spent_[spent.tag];
        std::fill(spent.bytes.begin(), spent.bytes.end(), '?');  // the owner uses it for the next
    }
    bool still_wanted(std::uint64_t tag) override { return !withdrawn_.contains(tag); }

    std::uint64_t next_tag_ = 1;
    std::map<std::uint64_t, std::string> bytes_;
    std::map<std::uint64_t, int> outcomes_;
    std::map<std::uint64_t, int> spent_;
    std::set<std::uint64_t> withdrawn_;
    std::vector<std::string_view> pieces_;
    std::string pending_write_;  // what they said when they were handed out
    std::string handed_out_;
    std::string written_;
    bool closed_ = false;
    SmtpClient client_;
};

}  // namespace tocsin::mail
