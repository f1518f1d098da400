// SmtpListener: takes mail in on a TCP port and gives each message to a handler.
//
// For the built-in inbox, the test servers and, later, bounces. mail/smtp_server.h decides what is
// accepted; this listens, reads, writes, counts time and connections.
//
// Owner: whoever answers for the port. Connections may outlive the listener for a moment: the
// handler must hold or outlive what it uses. Thread: the executor's (one thread); the handler is
// awaited there and must not block. The sender waits for its reply: 2xx only for what is kept.
// Failure: a connection that breaks a rule or a limit is ended with a reply that says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/smtp_server.h"
#include "net/tls.h"

namespace tocsin::net {

using SmtpHandler =
    std::function<Task<mail::Reply>(mail::SmtpEnvelope envelope, std::string message)>;

struct SmtpListenerOptions {
    enum class Channel { Clear, ImplicitTls };

    mail::SmtpServerConfig server;
    Channel channel = Channel::Clear;
    std::shared_ptr<const TlsServer> tls;  // for STARTTLS and implicit TLS
    std::size_t connections_max = 200;     // more are answered 421
    Milliseconds idle = limits::kSmtpCommandTime;
};

class SmtpListener {
  public:
    SmtpListener(Executor executor, SmtpListenerOptions options, SmtpHandler handler);
    ~SmtpListener();  // stop()
    SmtpListener(const SmtpListener&) = delete;
    SmtpListener& operator=(const SmtpListener&) = delete;

    // Port 0 lets the system choose; the port is returned.
    Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
    // Closes the port and every connection. Idempotent. On the executor's thread.
    void stop();

    struct State;

  private:
    std::shared_ptr<State> state_;  // shared with the connections
};

}  // namespace tocsin::net
