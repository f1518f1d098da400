// Plays any bytes as a client's side of a conversation with SmtpServer. For the fuzz target and its
// replay in the tests.
//
//   input = setup *( size bytes )     ; bytes arrive in pieces of 1 + size % 64
//
// What must hold for any input, checked with CHECK: what is delivered has only CRLF line ends and
// is within the limit; it has recipients that no command can be hidden in; the session never hangs.
#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "mail/smtp_message.h"
#include "mail/smtp_server.h"

namespace tocsin::mail {

inline void check_delivered(SmtpServer& server) {
    constexpr std::size_t kMessageBytesMax = 500;
    const std::string& message = server.message();
    CHECK(message.size() <= kMessageBytesMax);
    for (std::size_t i = 0; i < message.size(); ++i) {
        const bool cr_before = i > 0 && message[i - 1] == '\r';
        CHECK((message[i] == '\n') == cr_before);
        CHECK(message[i] != '\0');
    }
    CHECK(message.empty() || message.back() == '\n');
    CHECK(!server.envelope().rcpt_to.empty());
    for (const std::string& rcpt : server.envelope().rcpt_to) {
        CHECK(is_safe_path(rcpt));
    }
    CHECK(is_safe_path(server.envelope().mail_from));
}

inline void play_smtp_server(std::string_view input) {
    if (input.empty()) {
        return;
    }
    const auto setup = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    SmtpServerConfig config;
    config.message_bytes_max = 500;
    config.recipients_max = 3;
    config.starttls = (setup & 1) != 0 ? SmtpServerConfig::StartTls::Offered
                                       : SmtpServerConfig::StartTls::NotOffered;
    config.auth =
        (setup & 2) != 0 ? SmtpServerConfig::Auth::Always : SmtpServerConfig::Auth::NotOffered;
    config.user = "ann";
    config.password = "secret";
    SmtpServer server(config);
    while (!input.empty() && server.step() != SmtpServer::Step::Close) {
        const std::size_t size = 1 + static_cast<unsigned char>(input.front()) % 64;
        input.remove_prefix(1);
        server.receive(input.substr(0, size));
        input.remove_prefix(std::min(size, input.size()));
        while (server.step() == SmtpServer::Step::Deliver) {
            check_delivered(server);
            server.answer((setup & 4) != 0 ? Reply{250, "2.0.0", "kept"}
                                           : Reply{451, "4.3.0", "later"});
        }
        if (server.step() == SmtpServer::Step::UpgradeTls) {
            server.tls_established();
        }
        CHECK(server.step() == SmtpServer::Step::Run || server.step() == SmtpServer::Step::Close);
        server.output().clear();
    }
}

}  // namespace tocsin::mail
