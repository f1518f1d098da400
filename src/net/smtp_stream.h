// SmtpStream: a TCP connection that can turn into TLS on the way, as SMTP needs it.
//
// Reading is awaited; writing is a gather write with a plain callback, because it goes on beside
// the one read and must not cost an allocation. At most one read and one write at a time.
//
// Owner: a session; it must not be destroyed while a write is under way. Thread: its executor's.
// Failure: after an error the stream is of no use; close() ends both directions at once.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "base/task.h"
#include "net/tls.h"

namespace tocsin::net {

class SmtpStream {
  public:
    // How a write ended: the bytes that may have reached the peer.
    using Written = void (*)(void* owner, const boost::system::error_code& error,
                             std::size_t bytes);

    explicit SmtpStream(boost::asio::ip::tcp::socket socket);
    ~SmtpStream();
    SmtpStream(const SmtpStream&) = delete;
    SmtpStream& operator=(const SmtpStream&) = delete;

    // Client side of TLS. `name` is what the certificate must be for.
    Task<Status> start_tls(TlsClients& clients, std::string ca_file, TlsVerify verify,
                           std::string name);
    // Server side.
    Task<Status> start_tls(const TlsServer& server);

    // At least one byte; 0 at the end of the stream.
    Task<Result<std::size_t>> read_some(std::span<char> out);
    // Writes all pieces, in order; they must stay in place until `done` is called, which is never
    // from within this call.
    void write(std::span<const std::string_view> pieces, Written done, void* owner);

    // The same for one piece, awaited.
    Task<Status> write_all(std::string_view bytes);

    void close();
    bool is_tls() const { return tls_ != nullptr; }
    // What was wrong, after start_tls() failed as a client.
    TlsFailure tls_failure() const { return tls_failure_; }
    bool peer_is_loopback() const;
    std::string peer() const;  // numeric address

  private:
    struct Tls;
    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Tls> tls_;
    TlsFailure tls_failure_ = TlsFailure::None;
    std::vector<boost::asio::const_buffer> buffers_;
};

}  // namespace tocsin::net
