// What fuzzing has learned about the SMTP parts, replayed; and the same games played from a seed.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/random.h"
#include "mail/smtp_client_play.h"
#include "mail/smtp_reply_play.h"
#include "mail/smtp_server_play.h"

namespace tocsin::mail {
namespace {

std::uint64_t seed() {
    const char* from_environment = std::getenv("TOCSIN_SEED");
    return from_environment != nullptr ? std::strtoull(from_environment, nullptr, 10) : 2026;
}

template <class Play>
void replay(const std::string& corpus, Play play) {
    std::size_t count = 0;
    const std::filesystem::path folder = std::string(TOCSIN_SOURCE_DIR) + corpus;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(entry.path().string());
        std::ifstream file(entry.path(), std::ios::binary);
        play(std::string(std::istreambuf_iterator<char>(file), {}));
        ++count;
    }
    EXPECT_GT(count, 0U);
}

TEST(SmtpCorpus, Replies) {
    replay("/fuzz/corpus/smtp_reply", play_smtp_replies);
}

TEST(SmtpCorpus, Client) {
    replay("/fuzz/corpus/smtp_client", SmtpClientPlay::run);
}

TEST(SmtpCorpus, Server) {
    replay("/fuzz/corpus/smtp_server", play_smtp_server);
}

// Sessions that get as far as messages, then go anywhere.
TEST(SmtpCorpus, ClientFromASeed) {
    std::printf("TOCSIN_SEED=%llu\n", static_cast<unsigned long long>(seed()));
    SeededRandom random(seed());
    for (int i = 0; i < 20'000; ++i) {
        std::string input(1, static_cast<char>(0x03 | (random.below(8) << 4)));
        input += "\x02\x0a";                              // greeting, EHLO
        input += random.below(2) == 0 ? "\x32" : "\x42";  // PIPELINING, or CHUNKING too
        for (std::uint64_t steps = random.below(60); steps > 0; --steps) {
            static constexpr std::string_view kUsual("\x00\x0a\x12\x22\xf2\x06\x08\xa2\xb2", 9);
            input += random.below(8) == 0 ? static_cast<char>(random.below(256))
                                          : kUsual[random.below(kUsual.size())];
        }
        SmtpClientPlay::run(input);
    }
}

}  // namespace
}  // namespace tocsin::mail
