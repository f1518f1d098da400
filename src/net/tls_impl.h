// The insides of TlsClients and TlsServer, for the .cpp files that hold a TLS stream. Includes
// asio::ssl: keep it out of other headers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/tls.h"

namespace tocsin::net {

struct SslSessionFree {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslSession = std::unique_ptr<SSL_SESSION, SslSessionFree>;

struct TlsClients::Impl {
    // The context for these roots; made on first use.
    Result<boost::asio::ssl::context*> context(const std::string& ca_file, TlsVerify verify);
    // Prepares a new client stream: name to verify, SNI, and a session to resume. `ticket` must
    // live as long as the stream.
    struct Ticket {
        Impl* owner;
        std::string peer;
    };
    Status prepare(SSL* ssl, const std::string& name, TlsVerify verify, Ticket& ticket);

    void keep(const std::string& peer, SslSession session);
    SslSession take(const std::string& peer);

    std::map<std::pair<std::string, TlsVerify>, std::unique_ptr<boost::asio::ssl::context>>
        contexts;
    std::map<std::string, std::vector<SslSession>> sessions;
    std::uint64_t handshakes = 0;
    std::uint64_t resumed = 0;
};

struct TlsServer::Impl {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

// Why the handshake failed, in words: the certificate's fault if it was refused.
std::string handshake_problem(SSL* ssl, const boost::system::error_code& error);

TlsFailure handshake_failure(SSL* ssl);

}  // namespace tocsin::net
