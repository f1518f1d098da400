// DnsSource: one question to the DNS, one answer. DnsOptions::server or the system's resolvers.
//
// libunbound does the asking: validation, retries, fall-back to TCP and a first cache are its own.
// It works on a thread that it starts itself (ub_ctx_async with a thread) and tells through a pipe
// that answers are there; that pipe is waited for by asio, and answers are handed out on the
// io_context's thread. Its event API would save the thread but needs libevent beside asio, and a
// fork instead of the thread would copy a process that has threads.
//
// Owner: MxResolver. Thread: the io_context's; ask() and the answers. Failure: an answer with
// status Failed and the reason; exactly one answer a question, unless the source is destroyed
// before. Knowingly not: TLSA and TXT (DANE, MTA-STS): one more DnsType each; `secure` is carried
// already.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "model/mx_plan.h"
#include "net/mx_resolver.h"

namespace tocsin::net {

enum class DnsType { A = 1, Mx = 15, Aaaa = 28 };

struct DnsAnswer {
    enum class Dnssec { NotSecure, Secure };

    model::DnsStatus status = model::DnsStatus::Failed;
    std::vector<MxTarget> mx;                         // of DnsType::Mx
    std::vector<boost::asio::ip::address> addresses;  // of the others
    Seconds ttl{0};                                   // of a negative answer: the SOA's
    Dnssec dnssec = Dnssec::NotSecure;                // DANE needs Secure
    std::string why;                                  // of Failed and Bogus
};

class DnsSource {
  public:
    using Done = std::function<void(DnsAnswer answer)>;

    virtual ~DnsSource() = default;
    // `done` is called later, never from within ask().
    virtual void ask(const std::string& name, DnsType type, Done done) = 0;
};

Result<std::unique_ptr<DnsSource>> open_unbound(boost::asio::io_context& io,
                                                const DnsOptions& options);

}  // namespace tocsin::net
