// OutboxShare: mail to single readers. Transactional mail (confirmations) is in the lane that
// overtakes everything, digests are in the one that everything overtakes.
//
//   outbox row -> claimed for a time -> signed (pool) -> which route? -> ready -> a session takes
//   it -> outcome
//
// What cannot leave now, among many routes, goes back to its row for a while: it must not keep the
// others waiting.
//
// Claims run out, or are freed when their node is dead, so after a crash the mail is sent again,
// byte for byte the same. A mail that is refused for now goes back to its row with the time of its
// next attempt.
//
// Owner: the first worker; one thread. It must live until done().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/worker_context.h"
#include "net/smtp_session.h"
#include "store/outbox.h"

namespace tocsin::delivery {

class OutboxShare {
  public:
    static constexpr Seconds kClaimTime{15 * 60};  // longer than a final dot may take

    OutboxShare(WorkerContext& context, std::uint64_t tag_base);

    // There is new mail.
    void look();
    void tick();
    // Whether alerts have mail to be sent: then no digests are taken up, and those that wait are
    // given back, for a correction may be among the alerts.
    enum class Alerts { None, Begun };
    void set_alerts(Alerts alerts);
    // Gives back every digest that is not on the wire: something they may tell was stopped.
    void call_off_digests();

    std::size_t ready(OutletId outlet) const {
        return outlet < ready_.size() ? ready_[outlet].mails.size() + ready_[outlet].digests.size()
                                      : 0;
    }
    std::size_t coming(OutletId outlet) const {
        return ready(outlet) + (context_.routes.only() ? signing_ : 0);
    }
    std::optional<net::OutgoingMessage> take(OutletId outlet);
    std::optional<net::OutgoingMessage> take_digest(OutletId outlet);
    // Asked right before it goes onto the wire.
    bool wanted(std::uint32_t slot) const;
    void on_outcome(std::uint32_t slot, const net::SmtpOutcome& outcome);
    bool done() const { return !claiming_ && signing_ == 0; }

  private:
    struct Mail {
        store::OutboxMail row;
        std::string signed_message;
        OutletId outlet = 0;
        std::uint32_t slips = 0;
        SteadyTime ready_at{};
        SteadyTime claimed_at{};
        std::uint64_t epoch = 0;
    };
    struct Ready {
        std::deque<Mail> mails, digests;
    };
    void on_claimed(Result<std::vector<store::OutboxMail>> mails);
    void sign(store::OutboxMail mail);
    void find_route(std::shared_ptr<Mail> mail);
    static Task<void> look_up(OutboxShare* self, net::MxResolver* resolver, std::string domain,
                              std::shared_ptr<Mail> mail);
    void on_route(std::shared_ptr<Mail> mail, const RouteAnswer& answer);
    void make_ready(Mail mail);
    void give_back_what_waits();
    void give_back(std::deque<Mail>& waiting, const Route& route, SteadyTime now);
    std::optional<net::OutgoingMessage> take_from(std::deque<Mail>& waiting);
    bool called_off(const Mail& mail) const;
    void return_digest(const Mail& mail);
    void on_reply(Mail mail, const net::SmtpOutcome& outcome);
    void again(const Mail& mail, Milliseconds delay, std::string reply,
               store::OutboxAttempt attempt);
    void finish(const Mail& mail, store::OutboxOutcome outcome, std::string reply);
    template <class Fn>
    void write(Fn fn);
    void write_again();

    WorkerContext& context_;
    std::uint64_t tag_base_;
    bool claiming_ = false;
    bool look_again_ = false;
    Alerts alerts_ = Alerts::None;
    std::uint64_t epoch_ = 0;  // raised whenever digests are called off
    std::uint64_t claim_epoch_ = 0;
    SteadyTime looked_{};
    Time claim_until_{};  // of the last claim
    SteadyTime claimed_at_{};
    std::vector<Time> lost_claims_;  // whose answers were lost
    std::vector<std::function<void()>> not_written_;
    std::size_t signing_ = 0;   // or their route is being looked up
    std::vector<Ready> ready_;  // by outlet
    std::size_t ready_count_ = 0;
    std::vector<std::optional<Mail>> slots_;
    std::vector<std::uint32_t> free_slots_;
};

}  // namespace tocsin::delivery
