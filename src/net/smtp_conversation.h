// converse_smtp(): the SMTP of a session, from the greeting to QUIT, on a connection that is there.
//
// Owner: smtp_session's callers only; who connects and tries whom is net/smtp_dial.cpp. Thread: the
// awaiting executor's. Failure: as run_smtp_session(). All references must outlive the call.
#pragma once

#include "net/smtp_session.h"
#include "net/smtp_stream.h"

namespace tocsin::net {

Task<SessionEnd> converse_smtp(SmtpStream& stream, const SmtpRoute& route, SmtpFeed& feed,
                               const SmtpSessionOptions& options);

}  // namespace tocsin::net
