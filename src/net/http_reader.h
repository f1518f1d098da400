// RequestReader: bytes in, requests or a refusal out. No socket, no clock.
//
// Why not Beast's own reading: the header block is held whole and looked at before it is parsed,
// so that what Beast repairs silently (folded lines) is refused, and the body limit can depend on
// the route. Beast parses the fields and takes the chunks apart.
//
//   Header --feed--> Head --accept(limit)--> Body --feed--> Done --take--> Header ...
//   any of them --> Refused, for good: refusal() is the status to answer before closing.
//
// Owner: one connection. Thread: the connection's. Bytes that follow a request (pipelining) are
// kept for the next one; at most one read beyond the limits is ever held.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace tocsin::net {

class RequestReader {
  public:
    enum class State { Header, Head, Body, Done, Refused };

    explicit RequestReader(std::size_t header_bytes_max);
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;

    State state() const;
    // True in state Header while nothing of the next request has come.
    bool empty() const;
    // State Header or Body: takes bytes and goes as far as they allow.
    void feed(std::string_view bytes);
    // State Head on: the request without its body.
    const HttpRequest& head() const;
    // State Head: the body may have so many bytes.
    void accept(std::size_t body_bytes_max);
    // State Done: the request; the reader is at the next header (which may be complete already).
    HttpRequest take();

    // State Head on: the client waits for "100 Continue" before it sends the body.
    bool expects_continue() const;
    // Whether the connection may carry another request after this one.
    bool keep_alive() const;
    // HTTP/1.0 knows no chunked answers.
    bool http_1_0() const;
    // State Refused: 400, 413, 431, 501 or 505.
    int refusal() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// Reads the target "/path?query" into path (decoded) and query; Invalid if it is not allowed.
Status split_target(HttpRequest& request);

}  // namespace tocsin::net
