#include "net/tls.h"

#include <boost/asio/ip/address.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_impl.h"

namespace tocsin::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kPeersMax = 1'000;
constexpr std::size_t kTicketsPerPeerMax = 8;

// Where an SSL object carries its Ticket. The slot number is OpenSSL's, handed out once a process.
int ticket_slot() {
    static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return slot;
}

// OpenSSL tells of each new session here (in TLS 1.3 some time after the handshake).
int on_new_session(SSL* ssl, SSL_SESSION* session) {
    auto* ticket = static_cast<TlsClients::Impl::Ticket*>(SSL_get_ex_data(ssl, ticket_slot()));
    if (ticket == nullptr) {
        return 0;
    }
    ticket->owner->keep(ticket->peer, SslSession(session));
    return 1;  // the reference is ours now
}

bool is_ip(const std::string& name) {
    boost::system::error_code error;
    asio::ip::make_address(name, error);
    return !error;
}

}  // namespace

TlsClients::TlsClients() : impl_(std::make_unique<Impl>()) {}
TlsClients::~TlsClients() = default;

std::uint64_t TlsClients::handshakes() const {
    return impl_->handshakes;
}

std::uint64_t TlsClients::resumed() const {
    return impl_->resumed;
}

Result<asio::ssl::context*> TlsClients::Impl::context(const std::string& ca_file,
                                                      TlsVerify verify) {
    auto& slot = contexts[{ca_file, verify}];
    if (slot) {
        return slot.get();
    }
    auto made = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* native = made->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    boost::system::error_code error;
    if (verify == TlsVerify::NameAndChain) {
        made->set_verify_mode(asio::ssl::verify_peer, error);
        if (ca_file.empty()) {
            made->set_default_verify_paths(error);
        } else {
            made->load_verify_file(ca_file, error);
        }
        if (error) {
            return invalid("cannot read the trusted certificates " +
                           (ca_file.empty() ? "of the system" : ca_file) + ": " + error.message());
        }
    } else {
        made->set_verify_mode(asio::ssl::verify_none, error);
        // A key that is too short for trust is still better than no TLS.
        SSL_CTX_set_security_level(native, 1);
    }
    SSL_CTX_set_session_cache_mode(native,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(native, on_new_session);
    slot = std::move(made);
    return slot.get();
}

Status TlsClients::Impl::prepare(SSL* ssl, const std::string& name, TlsVerify verify,
                                 Ticket& ticket) {
    SSL_set_ex_data(ssl, ticket_slot(), &ticket);
    if (is_ip(name)) {
        if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) != 1) {
            return invalid("cannot verify a certificate for " + name);
        }
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (SSL_set1_host(ssl, name.c_str()) != 1 ||
            SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) {
            return invalid("cannot verify a certificate for " + name);
        }
    }
    // A session is resumed only under the same name and rule: it carries no new certificate.
    ticket.peer += verify == TlsVerify::NameAndChain ? " verified " : " unverified ";
    ticket.peer += name;
    if (const SslSession session = take(ticket.peer)) {
        SSL_set_session(ssl, session.get());
    }
    return {};
}

void TlsClients::Impl::keep(const std::string& peer, SslSession session) {
    if (sessions.size() >= kPeersMax && !sessions.contains(peer)) {
        sessions.clear();
    }
    auto& kept = sessions[peer];
    if (kept.size() >= kTicketsPerPeerMax) {
        kept.erase(kept.begin());
    }
    kept.push_back(std::move(session));
}

// The newest. A TLS 1.3 ticket is used once (RFC 8446 appendix C.4), a TLS 1.2 session again.
SslSession TlsClients::Impl::take(const std::string& peer) {
    const auto found = sessions.find(peer);
    if (found == sessions.end() || found->second.empty()) {
        return nullptr;
    }
    SSL_SESSION* newest = found->second.back().get();
    if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(newest);
        return SslSession(newest);
    }
    SslSession session = std::move(found->second.back());
    found->second.pop_back();
    return session;
}

TlsServer::TlsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServer::TlsServer(TlsServer&&) noexcept = default;
TlsServer& TlsServer::operator=(TlsServer&&) noexcept = default;
TlsServer::~TlsServer() = default;

Result<TlsServer> TlsServer::create(const std::string& certificate_pem,
                                    const std::string& private_key_pem) {
    auto impl = std::make_unique<Impl>();
    SSL_CTX_set_min_proto_version(impl->context.native_handle(), TLS1_2_VERSION);
    boost::system::error_code error;
    impl->context.use_certificate_chain(asio::buffer(certificate_pem), error);
    if (error) {
        return invalid("the TLS certificate cannot be used: " + error.message());
    }
    impl->context.use_private_key(asio::buffer(private_key_pem), asio::ssl::context::pem, error);
    if (error) {
        return invalid("the TLS private key cannot be used: " + error.message());
    }
    return TlsServer(std::move(impl));
}

std::string handshake_problem(SSL* ssl, const boost::system::error_code& error) {
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK) {
        return std::string("the certificate is not trusted: ") +
               X509_verify_cert_error_string(verdict);
    }
    return error.message();
}

TlsFailure handshake_failure(SSL* ssl) {
    switch (SSL_get_verify_result(ssl)) {
        case X509_V_OK:
            return TlsFailure::Handshake;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return TlsFailure::HostMismatch;
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return TlsFailure::Expired;
        default:
            return TlsFailure::NotTrusted;
    }
}

std::string_view to_string(TlsFailure failure) {
    switch (failure) {
        case TlsFailure::None:
            return "";
        case TlsFailure::NotOffered:
            return "starttls-not-supported";
        case TlsFailure::HostMismatch:
            return "certificate-host-mismatch";
        case TlsFailure::Expired:
            return "certificate-expired";
        case TlsFailure::NotTrusted:
            return "certificate-not-trusted";
        case TlsFailure::Handshake:
            return "validation-failure";
    }
    return "";
}

}  // namespace tocsin::net
