// Plays the SMTP client against the SMTP server, over a line that carries bytes in pieces and may
// be cut at any of them, with a server that refuses at will. For the fuzz target and its replay.
//
//   input = setup *step
//   setup = one byte: extensions that the server offers, the client's window
//   step  = one byte: what happens (its low three bits), with how much of it (the high five)
//
// Here the truth is known: what the server accepted. For any input, checked with CHECK:
//   - a message that the client calls delivered was accepted, byte for byte as it was given;
//   - one it calls refused or not sent was not accepted;
//   - none is accepted twice, and every message has exactly one outcome.
// (smtp_client_play.h has what a client owes its own side, whatever the peer says.)
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mail/smtp_client.h"
#include "mail/smtp_server.h"

namespace tocsin::mail {

class SmtpPairPlay : public SmtpReports {
  public:
    static void run(std::string_view input) {
        if (!input.empty()) {
            SmtpPairPlay play(static_cast<unsigned char>(input.front()));
            play.steps(input.substr(1));
        }
    }

  private:
    explicit SmtpPairPlay(unsigned setup)
        : client_(client_config(setup), *this), server_(server_config(setup)) {}

    static SmtpClientConfig client_config(unsigned setup) {
        SmtpClientConfig out;
        out.starttls = SmtpClientConfig::StartTls::IfOffered;
        out.window = 1 + ((setup >> 3) & 7);
        return out;
    }
    SmtpServerConfig server_config(unsigned setup) {
        using Config = SmtpServerConfig;
        Config out;
        out.pipelining =
            (setup & 1) != 0 ? Config::Pipelining::Offered : Config::Pipelining::NotOffered;
        out.chunking = (setup & 2) != 0 ? Config::Chunking::Offered : Config::Chunking::NotOffered;
        out.starttls = (setup & 4) != 0 ? Config::StartTls::Offered : Config::StartTls::NotOffered;
        out.refusal = [this](Config::Point, const SmtpEnvelope&, std::string_view) {
            return std::exchange(refusal_, std::nullopt);
        };
        return out;
    }

    void steps(std::string_view input) {
        for (const char byte : input) {
            const auto value = static_cast<unsigned char>(byte);
            step(value & 7, value >> 3);
            if (client_.step() == SmtpClient::Step::Close) {
                break;
            }
        }
        cut(writing_.size());
        for (const auto& [tag, bytes] : given_) {
            CHECK(outcomes_[tag] == 1);
            CHECK(accepted_[tag] <= 1);
        }
    }

    void step(unsigned what, unsigned much) {
        switch (what) {
            case 0:
                offer(much);
                break;
            case 1:
            case 2:
                carry_to_server(much);
                break;
            case 3:
            case 4:
                carry_to_client(much);
                break;
            case 5:
                for (int i = 0; i < 8; ++i) {  // the usual: all of it, there and back
                    carry_to_server(31);
                    carry_to_client(31);
                }
                break;
            case 6:
                refuse_next(much);
                break;
            default:
                much == 31 ? server_.shut("later") : much == 30 ? client_.finish() : void();
                break;
        }
    }

    void offer(unsigned kind) {
        if (!client_.wants_message()) {
            return;
        }
        OutgoingMessage out;
        out.tag = given_.size() + 1;
        out.mail_from = "b@news.example";
        out.rcpt_to = "r" + std::to_string(out.tag) + "@example.com";
        out.bytes = "Subject: [" + std::to_string(out.tag) + "]\r\n\r\n";
        out.bytes += kind == 0 ? "" : std::string(std::size_t{kind} * 7, 'x') + "\r\n";
        given_[out.tag] = out.bytes;
        client_.offer(std::move(out));
    }

    void refuse_next(unsigned which) {
        static constexpr int kCodes[] = {421, 450, 451, 452, 454, 550, 552, 554};
        const int code = kCodes[which & 7];
        if ((which & 8) != 0) {
            refusal_ = Reply{code, "", "no\nnot now"};
        } else {
            refusal_at_dot_ = Reply{code, "", "no"};
        }
    }

    // Bytes that a step moves: all of them, or a few.
    static std::size_t part(unsigned much, std::size_t there) {
        return much == 31 ? there : std::min<std::size_t>(much + 1, there);
    }

    void carry_to_server(unsigned much) {
        if (writing_.empty()) {
            client_.advance();
            if (client_.take_output(pieces_)) {
                for (const std::string_view piece : pieces_) {
                    writing_ += piece;
                }
            }
        }
        const std::string bytes = writing_.substr(arrived_, part(much, writing_.size() - arrived_));
        arrived_ += bytes.size();
        server_.receive(bytes);
        serve();
        if (!writing_.empty() && arrived_ == writing_.size()) {
            writing_.clear();
            arrived_ = 0;
            client_.output_written();
        }
    }

    void serve() {
        while (server_.step() == SmtpServer::Step::Deliver) {
            Reply reply{250, "2.0.0", "ok"};
            if (refusal_at_dot_) {
                reply = *std::exchange(refusal_at_dot_, std::nullopt);
            } else {
                accept();
            }
            server_.answer(reply);
        }
        replies_ += std::exchange(server_.output(), std::string());
    }

    void accept() {
        const std::string& rcpt = server_.envelope().rcpt_to.front();
        const std::uint64_t tag = std::strtoull(rcpt.c_str() + 1, nullptr, 10);
        CHECK(given_.at(tag) == server_.message());
        ++accepted_[tag];
    }

    void carry_to_client(unsigned much) {
        const std::string bytes = replies_.substr(0, part(much, replies_.size()));
        replies_.erase(0, bytes.size());
        client_.receive(bytes);
        if (client_.step() == SmtpClient::Step::UpgradeTls && replies_.empty() &&
            writing_.empty() && server_.step() == SmtpServer::Step::UpgradeTls) {
            server_.tls_established();
            client_.tls_established();
        }
        if (replies_.empty() && server_.step() == SmtpServer::Step::Close) {
            client_.peer_closed();
        }
    }

    // The line breaks; `written` bytes of what was being written may have arrived.
    void cut(std::size_t written) { client_.closed(written, "cut"); }

    void on_outcome(const SmtpOutcome& outcome) override {
        ++outcomes_[outcome.tag];
        const bool accepted = accepted_[outcome.tag] > 0;
        if (outcome.kind == SmtpOutcome::Kind::Replied) {
            CHECK(outcome.reply.positive() == accepted);
        } else if (outcome.kind == SmtpOutcome::Kind::NotSent) {
            CHECK(!accepted);
        }
    }

    std::map<std::uint64_t, std::string> given_;
    std::map<std::uint64_t, int> outcomes_;
    std::map<std::uint64_t, int> accepted_;
    std::optional<Reply> refusal_;         // of the next step that may be refused
    std::optional<Reply> refusal_at_dot_;  // of the next whole message
    std::vector<std::string_view> pieces_;
    std::string writing_;  // of the client, on its way
    std::size_t arrived_ = 0;
    std::string replies_;  // of the server, on their way
    SmtpClient client_;
    SmtpServer server_;
};

}  // namespace tocsin::mail
