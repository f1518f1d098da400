#include "net/smtp_session_end.h"

namespace tocsin::net {

using Reason = SessionEnd::Reason;
using Fault = SessionEnd::Fault;
using End = mail::SmtpClient::End;

SessionEnd session_end(Reason reason, Fault fault, ErrorKind kind, std::string message) {
    SessionEnd end;
    end.reason = reason;
    end.fault = fault;
    end.error = Error(kind, std::move(message));
    return end;
}

SessionEnd describe_end(const SmtpRoute& route, const mail::SmtpClient& client) {
    const auto make = [&](Reason reason, Fault fault, ErrorKind kind, const std::string& advice) {
        std::string line = route.label() + ": " + client.end_text();
        if (!advice.empty()) {
            line += "; " + advice;
        }
        SessionEnd end = session_end(reason, fault, kind, std::move(line));
        end.reply = client.end_reply();
        return end;
    };
    const bool to_exchanger = !route.targets.empty();
    const bool permanent = client.end_reply() && client.end_reply()->permanent();
    switch (client.end()) {
        case End::Open:
        case End::Done:
            return make(Reason::Done, Fault::Passing, ErrorKind::Internal, "");
        case End::Refused:
            return make(Reason::Refused, permanent ? Fault::Config : Fault::Passing,
                        ErrorKind::Unavailable,
                        permanent ? "the server does not want mail from this address" : "");
        case End::TlsNotOffered: {
            SessionEnd end =
                make(Reason::TlsFailed, Fault::Config, ErrorKind::Unavailable,
                     to_exchanger
                         ? "TLS is required for this site, so nothing was sent; either its rule is "
                           "wrong or somebody on the way strips STARTTLS"
                         : "nothing was sent; check the port, or that nobody strips STARTTLS");
            end.tls_failure = TlsFailure::NotOffered;
            return end;
        }
        case End::TlsRefused:
            return make(Reason::TlsFailed, permanent ? Fault::Config : Fault::Passing,
                        ErrorKind::Unavailable, "TLS is required, so nothing was sent");
        case End::AuthNotOffered:
            return make(Reason::AuthFailed, Fault::Config, ErrorKind::Unauthorized,
                        "check the port: submission is usually 587 or 465");
        case End::AuthNotSafe:
            return make(Reason::AuthFailed, Fault::Config, ErrorKind::Unauthorized,
                        "use tls=required or tls=implicit for this relay");
        case End::AuthRefused:
            return make(Reason::AuthFailed, permanent ? Fault::Config : Fault::Passing,
                        ErrorKind::Unauthorized,
                        permanent ? "check user and password of the relay" : "");
        case End::PeerEnded:
            return make(Reason::PeerEnded, Fault::Passing, ErrorKind::Unavailable, "");
        case End::Protocol:
            return make(Reason::Protocol, Fault::Passing, ErrorKind::Unavailable, "");
        case End::Withdrawn:
            return make(Reason::Withdrawn, Fault::Passing, ErrorKind::Cancelled, "");
    }
    return make(Reason::Protocol, Fault::Passing, ErrorKind::Internal, "");
}

namespace {

Status check_targets(const SmtpRoute& route) {
    for (const model::MxTarget& target : route.targets) {
        if (target.host.empty() || !mail::is_safe_path(target.host)) {
            return invalid("the mail server's name '" + target.host + "' is not a host name");
        }
    }
    if (!route.user.empty() || route.tls == SmtpRoute::Tls::Implicit) {
        return invalid("mail servers of a domain are spoken to without password, by STARTTLS");
    }
    return {};
}

}  // namespace

Status check_route(const SmtpRoute& route) {
    if (route.targets.empty() && (route.host.empty() || !mail::is_safe_path(route.host))) {
        return invalid("the relay's host name '" + route.host + "' is not a host name");
    }
    if (!route.targets.empty()) {
        TRY(check_targets(route));
    }
    TRY(source_addresses(route));
    if (route.helo.empty() || !mail::is_safe_path(route.helo)) {
        return invalid("'" + route.helo + "' cannot be said in EHLO");
    }
    const auto has_nul = [](const std::string& text) {
        return text.find('\0') != std::string::npos;
    };
    if (has_nul(route.user) || has_nul(route.password)) {
        return invalid("the relay's user and password must not hold a NUL byte");
    }
    if (!route.user.empty() && route.tls == SmtpRoute::Tls::Opportunistic) {
        return invalid("a relay with a password needs tls=required or tls=implicit");
    }
    return {};
}

Result<SourceAddresses> source_addresses(const SmtpRoute& route) {
    SourceAddresses out;
    boost::system::error_code error;
    if (!route.source_v4.empty()) {
        out.v4 = boost::asio::ip::make_address_v4(route.source_v4, error);
    }
    if (!error && !route.source_v6.empty()) {
        out.v6 = boost::asio::ip::make_address_v6(route.source_v6, error);
    }
    if (error) {
        return invalid(fmt::format("'{}' or '{}' is no address to send from", route.source_v4,
                                   route.source_v6));
    }
    return out;
}

}  // namespace tocsin::net
