// What a benchmark asks of the machine: its signing limit, memory and CPU time, a sink process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::app {

// What signing alone makes. Where other programs want the same cores the rate falls and the CPU
// time of one signature does not.
struct SigningLimit {
    double per_second = 0;
    double cpu_us = 0;  // of one signature
};

// RSA-2048 signatures (SHA-256, PKCS#1) with plain OpenSSL on `threads` threads at once, contexts
// reused, each with its own copy of the key.
SigningLimit measure_signing(const std::string& pem, std::size_t threads, Milliseconds time);
// The same while every core that this process may not use (taskset) signs too: where two "cores"
// are the two threads of one, that is what a busy neighbour costs. Nothing if there are no others.
std::optional<SigningLimit> measure_signing_beside_busy_cores(const std::string& pem,
                                                              std::size_t threads,
                                                              Milliseconds time);

double cpu_seconds();  // of this process, all threads, user and system
// The largest resident size since reset_peak_rss() (or since the process began, where the kernel
// does not allow the reset).
std::uint64_t peak_rss_bytes();
void reset_peak_rss();

// A `tocsin sink` as a child process, ended by the destructor.
class SinkProcess {
  public:
    static Result<SinkProcess> start();
    SinkProcess(SinkProcess&& other) noexcept;
    SinkProcess& operator=(SinkProcess&&) = delete;
    ~SinkProcess();
    std::uint16_t port() const { return port_; }

  private:
    SinkProcess(pid_t pid, std::uint16_t port) : pid_(pid), port_(port) {}
    pid_t pid_;
    std::uint16_t port_;
};

}  // namespace tocsin::app
