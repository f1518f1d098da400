// OutboxShare: transactional mail (confirmations), in the lane that overtakes everything.
//
//   outbox row -> claimed for a time -> signed (pool) -> ready -> a session takes it -> outcome
//
// Claims run out, so after a crash the mail is sent again, byte for byte the same. A mail that is
// refused for now goes back to its row with the time of its next attempt.
//
// Owner: the first worker; one thread. It must live until done().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "delivery/worker_context.h"
#include "net/smtp_session.h"
#include "store/outbox.h"

namespace tocsin::delivery {

class OutboxShare {
  public:
    OutboxShare(WorkerContext& context, std::uint64_t tag_base);

    // There is new mail.
    void look();
    void tick();

    std::size_t ready() const { return ready_.size(); }
    std::size_t coming() const { return ready_.size() + signing_; }
    std::optional<net::OutgoingMessage> take();
    void on_outcome(std::uint32_t slot, const net::SmtpOutcome& outcome);
    bool done() const { return !claiming_ && signing_ == 0; }

  private:
    struct Mail {
        store::OutboxMail row;
        std::string signed_message;
        std::uint32_t slips = 0;
    };
    void on_claimed(Result<std::vector<store::OutboxMail>> mails);
    void sign(store::OutboxMail mail);
    void on_reply(Mail mail, const net::SmtpOutcome& outcome);
    void again(const Mail& mail, Milliseconds delay, std::string reply,
               store::OutboxAttempt attempt);
    void finish(const Mail& mail, store::OutboxOutcome outcome, std::string reply);
    template <class Fn>
    void write(Fn fn);

    WorkerContext& context_;
    std::uint64_t tag_base_;
    bool claiming_ = false;
    bool look_again_ = false;
    SteadyTime looked_{};
    std::size_t signing_ = 0;
    std::deque<Mail> ready_;
    std::vector<std::optional<Mail>> slots_;
    std::vector<std::uint32_t> free_slots_;
};

}  // namespace tocsin::delivery
