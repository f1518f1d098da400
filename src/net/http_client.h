// The HTTP client for Tocsin's own service: the command line over the control socket, and tests.
//
// One connection a request. Not for strangers' servers: no redirects, no TLS, no proxies.
// Thread: any executor. Failure: Unavailable (nobody listens, the connection broke), Timeout,
// Limited (the answer is too large); an HTTP status of any kind is a response, not a failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "net/http.h"

namespace tocsin::net {

struct HttpTarget {
    std::string unix_path;  // if set, host and port are not used
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    // For the whole of http_request; for http_download the longest silence.
    std::chrono::milliseconds time_limit{30'000};
    std::size_t body_bytes_max = 64 * 1024 * 1024;
};

// Sends the request (method, target, headers, body are used) and reads the whole answer.
Task<Result<HttpResponse>> http_request(Executor executor, HttpTarget target, HttpRequest request);

// Like http_request, but hands a 2xx body over in pieces as they arrive and keeps none; the
// response has an empty body then. Another status: nothing is handed over, the body is in the
// response. An error from on_chunk ends the download and is returned.
using OnChunk = std::function<Status(std::string_view bytes)>;
Task<Result<HttpResponse>> http_download(Executor executor, HttpTarget target, HttpRequest request,
                                         OnChunk on_chunk);

}  // namespace tocsin::net
