// TLS for outgoing and incoming connections: contexts, verification, session resumption.
//
// TLS 1.2 or newer, always. A client verifies chain and name unless told that it is opportunistic.
// OpenSSL and asio::ssl headers stay in the .cpp files.
//
// Owner: whoever opens connections; must outlive them. Thread: TlsClients one thread (make one a
// thread; resumption works within it); TlsServer is read-only after creation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::net {

enum class TlsVerify {
    NameAndChain,
    Nothing,  // opportunistic only: an attacker who can forge could as well strip
};

// Why TLS failed, by the result types of RFC 8460 section 4.3 (TLS reports).
enum class TlsFailure {
    None,
    NotOffered,  // starttls-not-supported
    HostMismatch,
    Expired,
    NotTrusted,
    Handshake,  // validation-failure: anything else
};
// "certificate-host-mismatch" and so on; "" for None.
std::string_view to_string(TlsFailure failure);

// Client contexts by (ca_file, verify) and the newest TLS session by peer.
class TlsClients {
  public:
    TlsClients();
    ~TlsClients();
    TlsClients(const TlsClients&) = delete;
    TlsClients& operator=(const TlsClients&) = delete;

    // Handshakes that succeeded, and how many of them resumed an earlier session.
    std::uint64_t handshakes() const;
    std::uint64_t resumed() const;

    struct Impl;
    Impl& impl() { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

class TlsServer {
  public:
    // PEM texts (not paths): certificate chain and private key.
    static Result<TlsServer> create(const std::string& certificate_pem,
                                    const std::string& private_key_pem);
    TlsServer(TlsServer&&) noexcept;
    TlsServer& operator=(TlsServer&&) noexcept;
    ~TlsServer();

    struct Impl;
    Impl& impl() const { return *impl_; }

  private:
    explicit TlsServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::net
