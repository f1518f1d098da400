// How a session's end is told to the operator: one line, what it means, whose turn it is.
#pragma once

#include "mail/smtp_client.h"
#include "net/smtp_session.h"
#include "net/tcp_connect.h"

namespace tocsin::net {

// What the state machine ended with.
SessionEnd describe_end(const SmtpRoute& route, const mail::SmtpClient& client);

SessionEnd session_end(SessionEnd::Reason reason, SessionEnd::Fault fault, ErrorKind kind,
                       std::string message);

// Wrong before any connection is made: a name that cannot stand in EHLO, AUTH that could never
// be safe.
Status check_route(const SmtpRoute& route);

Result<SourceAddresses> source_addresses(const SmtpRoute& route);

}  // namespace tocsin::net
