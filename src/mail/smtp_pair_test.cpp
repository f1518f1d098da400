// The client and the server machine against each other: no line that breaks makes them disagree
// on what was delivered.
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/random.h"
#include "mail/sample_mail.h"
#include "mail/smtp_pair_play.h"

namespace tocsin::mail {
namespace {

TEST(SmtpPair, TheCorpus) {
    sample::replay_corpus("smtp_pair", [](const std::string& bytes) { SmtpPairPlay::run(bytes); });
}

TEST(SmtpPair, FromASeed) {
    const char* from_environment = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed =
        from_environment != nullptr ? std::strtoull(from_environment, nullptr, 10) : 2026;
    std::printf("TOCSIN_SEED=%llu\n", static_cast<unsigned long long>(seed));
    SeededRandom random(seed);
    for (int i = 0; i < 2'000; ++i) {
        std::string input(1, static_cast<char>(random.below(64)));
        input += "\x05";  // greeting, EHLO
        for (std::uint64_t steps = random.below(60); steps > 0; --steps) {
            input += static_cast<char>(random.below(256));
        }
        SmtpPairPlay::run(input);
    }
}

}  // namespace
}  // namespace tocsin::mail
