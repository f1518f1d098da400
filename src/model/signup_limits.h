// How many sign-ups one network address, one network, one mail domain and the whole service may
// cause mails for: the second fence around the box. The first, which protects a person whatever the
// traffic, is the budget of one mail a day an address (mail_budget.h).
//
// Each limit is a bucket: a burst of so many at once, then one every so often. How much of the
// burst is open to a sign-up depends on what is known of who sends it:
//
//   Bare     a form without a time of ours (pasted into a page, or a bare program)    a quarter
//   Timed    a form that we made a while ago, bound to this list                      half
//   Proven   its browser has done work that we asked for (web/proof_of_work.h)        all
//
// A sign-up beyond its share is not lost: its mail waits in a queue that has the bucket's steady
// pace for itself, so that bare sign-ups cannot use up what is kept for proven ones. A browser that
// can work is asked for a proof before it is made to wait. Only a queue that is too long refuses.
//
// Every sign-up counts, whether a mail comes of it or not: a count of mails would tell a stranger
// who is on a list. Plain values and functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tocsin::model {

// [signup] of the configuration, and what follows from it.
struct SignupLimits {
    std::int64_t address_per_hour = 1'200;  // one IPv4 address (/32), one IPv6 subscriber (/64)
    std::int64_t network_per_hour = 3'600;  // IPv4 /24, IPv6 /48
    std::int64_t domain_per_hour = 200;     // mails to one domain that is no large provider
    std::int64_t service_per_minute = 6'000;
    Seconds fill_time{2};  // nobody fills in a form in less
    enum class Proof { Never, WhenNeeded, Always };
    Proof proof = Proof::WhenNeeded;
};

enum class SignupTrust { Bare, Timed, Proven };
enum class CanProve { No, Yes };

struct SignupBucket {
    std::int64_t burst = 1;
    Milliseconds every{1'000};
    Milliseconds queue_max{0};  // longer than this nobody waits: refused

    friend bool operator==(const SignupBucket&, const SignupBucket&) = default;
};
SignupBucket address_bucket(const SignupLimits& limits);
SignupBucket network_bucket(const SignupLimits& limits);
SignupBucket domain_bucket(const SignupLimits& limits);
SignupBucket service_bucket(const SignupLimits& limits);

// A bucket and its queue as the database has them: the moments at which nothing of them is in use
// any more. The far past: unused.
struct SignupUse {
    SignupBucket bucket;
    Time full_at{};
    Time queue_at{};
};

struct SignupVerdict {
    enum class Kind {
        Take,      // the uses are to be written down
        AskProof,  // nothing is written down; the browser works and comes again
        Refuse,
    };
    Kind kind = Kind::Take;
    Milliseconds wait{0};  // Take: the mail leaves so much later
    // How hard a proof to ask for: 0 at the edge of its share, 1 where the burst is used up.
    double load = 0;
};

// Decides, and moves the uses on if the verdict is Take.
SignupVerdict judge_signup(std::vector<SignupUse>& uses, SignupTrust trust, CanProve can, Time now);

}  // namespace tocsin::model
