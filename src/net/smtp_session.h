// run_smtp_session: one SMTP connection from resolve to QUIT, as a client.
//
// It asks its feed for messages and tells it what became of each. Inside, mail/smtp_client.h
// decides and this suspends: it resolves, connects (smtp_dial.cpp: every address of the host, or of
// the site's mail servers, in turn), starts TLS, writes, reads, and counts time (smtp_session.cpp).
// The next transaction's commands ride behind the final dot of the last one where the peer offers
// PIPELINING, and whole messages follow each other where it offers CHUNKING too (at most `window`
// are then unanswered).
//
// Thread: everything happens on the executor that awaits it (one thread); the feed is called there.
// Failure: never throws and never loses a message: each one that the feed gave has had exactly one
// on_outcome() when the session returns.
// Stopping: a feed that returns nothing from try_next() and next() ends the session in order: no
// new transaction, the final dots that are out are awaited, then QUIT. Cancelling the coroutine
// drops the connection at once; its messages end NotSent or Unknown.
// In clear although TLS was offered: only where it is optional and the handshake failed; the host
// is then remembered (MxMemory). Where TLS is required nothing goes in clear, whatever fails. Not
// here: retry, choice of route, limits per site (delivery decides those). DANE and MTA-STS: they
// will come as a stricter `tls` of one target; TLS reports as SessionEnd's `peer` and
// `tls_failure`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/smtp_message.h"
#include "mail/smtp_reply.h"
#include "model/mx_plan.h"
#include "net/tls.h"

namespace tocsin::net {

class MxMemory;    // net/mx_memory.h
class MxResolver;  // net/mx_resolver.h

using mail::OutgoingMessage;
using mail::SmtpOutcome;

// Where mail leaves to.
struct SmtpRoute {
    enum class Tls {
        None,           // never; for loopback and tests
        Opportunistic,  // STARTTLS if offered, certificate not verified; AUTH is refused
        Required,       // STARTTLS with a verified certificate, or no mail
        Implicit,       // TLS from the first byte (port 465), verified
    };
    enum class PlainAuth { Never, OnLoopback };  // AUTH without TLS

    std::string name;  // for logs and pages; empty means host:port
    std::string host;
    std::uint16_t port = 25;
    Tls tls = Tls::Required;
    std::string user;  // empty: no AUTH
    std::string password;
    std::string helo = "localhost";  // our name in EHLO
    std::string tls_name;            // the name the certificate must have; empty means `host`
    std::string ca_file;             // PEM of the only roots to trust; empty: the system's
    PlainAuth plain_auth = PlainAuth::Never;
    // Unanswered messages on one connection where the peer offers PIPELINING and CHUNKING; without
    // CHUNKING it is 2 at the most by nature. A lost connection makes this many unknown.
    std::size_t window = 2;

    // --- a site of mail exchangers (`delivery.relay = "mx"`) ---
    // Tried by preference, equal ones by chance, every address of each. Empty: only `host`. Not
    // empty: `host` and `tls_name` are not used (the certificate must be for the target's name),
    // and SmtpSessionOptions::mx must be set.
    std::vector<model::MxTarget> targets;
    // Our own addresses to connect from, one a family; empty: the system's choice. With only one
    // set, the other family is not used.
    std::string source_v4;
    std::string source_v6;

    std::string label() const { return name.empty() ? host + ":" + std::to_string(port) : name; }
};

// Time limits of one session; the defaults are RFC 5321's. Tests shorten them.
struct SmtpTimes {
    Milliseconds connect = limits::kSmtpConnectTime;  // one address
    Milliseconds greeting = limits::kSmtpGreetingTime;
    Milliseconds command = limits::kSmtpCommandTime;
    Milliseconds final_dot = limits::kSmtpFinalDotTime;
    Milliseconds quit{2'000};   // how long the answer to QUIT is awaited
    Milliseconds idle_noop{0};  // NOOP after this long without work; 0 means never
};

// Whom a session talked to, and how safely. Also what a TLS report (RFC 8460) would count.
struct SmtpPeer {
    enum class Tls { None, Unverified, Verified };

    std::string host;     // the MX host's name, or the route's host
    std::string address;  // numeric; empty if there was no connection
    Tls tls = Tls::None;
};

class SmtpFeed : public mail::SmtpReports {
  public:
    // Just before on_ready(): whom this session has reached.
    virtual void on_peer(const SmtpPeer& /*peer*/) {}
    // Greeting, TLS and AUTH are done: the next message leaves with one write.
    virtual void on_ready() {}
    // Waits for work; nullopt means that there is no more: the session says QUIT. Awaited only
    // while the session has nothing in flight. If the connection goes meanwhile the wait is
    // cancelled (asio cancellation): end by returning nullopt or by throwing operation_aborted,
    // with no message taken. A message returned all the same gets its outcome (NotSent).
    virtual Task<std::optional<OutgoingMessage>> next() = 0;
    // Work at once, or nullopt: for pipelining behind messages that are in flight.
    virtual std::optional<OutgoingMessage> try_next() = 0;
};

struct SessionEnd {
    enum class Reason {
        Done,           // the feed had no more; QUIT
        ConnectFailed,  // no address, or none answered
        Refused,        // the greeting or EHLO was a refusal (`reply` has it)
        TlsFailed,      // required and not offered, handshake or certificate failed
        AuthFailed,     // refused, or not possible (not offered, TLS not verified)
        PeerEnded,      // 421, or the peer closed the connection
        TimedOut,
        Protocol,   // the peer does not speak SMTP
        Withdrawn,  // closed to keep back a message (SmtpReports::still_wanted); open another
        Cancelled,
    };
    enum class Fault {
        Passing,  // later may work
        Config,   // an administrator has to change something
    };

    Reason reason = Reason::Done;
    Fault fault = Fault::Passing;
    // One line for the operator, naming the route and what to do; kind as for any Error.
    Error error;
    std::optional<mail::Reply> reply;  // the peer's words where it gave a reason
    bool ready = false;                // the session had been established (on_ready was called)
    std::uint64_t messages = 0;        // that were handed in
    SmtpPeer peer;                     // the last one tried
    TlsFailure tls_failure = TlsFailure::None;  // of TlsFailed (for TLS reports later)

    bool ok() const { return reason == Reason::Done; }
};

// What sessions to mail exchangers need beside.
struct MxSessions {
    MxResolver& resolver;  // one for all workers
    MxMemory& memory;      // one for all workers
    Random& random;        // one a thread unless it is thread-safe
};

// What sessions of one thread share: TLS contexts and resumption, the clock, time limits.
struct SmtpSessionOptions {
    TlsClients& tls;
    const Clock& clock;
    SmtpTimes times = {};
    MxSessions* mx = nullptr;  // needed by routes with targets
};

Task<SessionEnd> run_smtp_session(SmtpRoute route, SmtpFeed& feed, SmtpSessionOptions options);

}  // namespace tocsin::net
