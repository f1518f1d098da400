// RecordingSink: the honest witness in tests of delivery. An SMTP server that writes down each
// message durably BEFORE it answers, and misbehaves as told (sink_faults.h), from a seed.
//
// The record has one line a recipient, fields separated by tabs:
//   time_ms recipient message_id sha256_of_the_message bytes answer connection since_ms helo
// `answer` is "250"; "cut" where the connection is then closed without an answer that counts, or
// "late" where it comes late_ms later, so that the sender cannot know. What is not in the record
// was not accepted. `connection` is a number, `since_ms` the time when it was opened, `helo` how
// the sender called itself: of several nodes, which.
//
// Owner: the caller. Thread: the executor's (one thread). The seed repeats the dice, not the timing
// of connections: connection N of a run throws the same dice in every run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/sink_faults.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/smtp_server.h"

namespace tocsin::app {

struct RecordingSinkOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;   // 0: the system chooses
    std::string record_file;  // empty: counts only
    SinkFaults faults;
    std::uint64_t seed = 1;
    mail::SmtpServerConfig server;  // what is offered; its refusal hook is the sink's own
    // PEM files; both set: STARTTLS is offered.
    std::string tls_cert_file;
    std::string tls_key_file;
};

class RecordingSink {
  public:
    static Result<std::unique_ptr<RecordingSink>> start(Executor executor, const Clock& clock,
                                                        const RecordingSinkOptions& options);
    ~RecordingSink();  // stops
    RecordingSink(const RecordingSink&) = delete;
    RecordingSink& operator=(const RecordingSink&) = delete;

    std::uint16_t port() const;
    std::uint64_t recorded() const;  // lines written
    std::uint64_t faults() const;    // misdeeds done

    struct State;

  private:
    explicit RecordingSink(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // shared with the connections
};

}  // namespace tocsin::app
