// The recording sink under the real client: whatever goes wrong, what the client believes delivered
// is in the record, and what is in the record was sent.
#include "app/recording_sink.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "app/sink.h"
#include "app/sink_parser.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "net/smtp_session.h"

namespace tocsin::app {
namespace {

namespace asio = boost::asio;
using net::OutgoingMessage;
using net::SmtpOutcome;

std::uint64_t seed() {
    const char* from_environment = std::getenv("TOCSIN_SEED");
    return from_environment != nullptr ? std::strtoull(from_environment, nullptr, 10) : 7;
}

OutgoingMessage message(std::uint64_t tag) {
    OutgoingMessage out;
    out.tag = tag;
    out.mail_from = "b@news.example";
    out.rcpt_to = "r" + std::to_string(tag) + "@example.com";
    out.bytes = "Message-ID: <" + std::to_string(tag) +
                "@news.example>\r\nSubject: x\r\n\r\nThe quick brown fox.\r\n";
    return out;
}

// What all sessions of a test share: each message is given until it is answered for good.
struct Work {
    std::deque<std::uint64_t> waiting;
    std::map<std::uint64_t, std::size_t> delivered;
    std::map<std::uint64_t, std::size_t> unknown;
    std::map<std::uint64_t, std::size_t> refused;
    std::uint64_t given = 0;
    std::uint64_t answered = 0;
};

class Feed : public net::SmtpFeed {
  public:
    explicit Feed(Work& work) : work_(work) {}
    Task<std::optional<OutgoingMessage>> next() override { co_return try_next(); }
    std::optional<OutgoingMessage> try_next() override {
        if (work_.waiting.empty()) {
            return std::nullopt;
        }
        const std::uint64_t tag = work_.waiting.front();
        work_.waiting.pop_front();
        ++work_.given;
        return message(tag);
    }
    void on_outcome(const SmtpOutcome& outcome) override {
        ++work_.answered;
        if (outcome.kind == SmtpOutcome::Kind::Unknown) {
            ++work_.unknown[outcome.tag];
        } else if (outcome.kind == SmtpOutcome::Kind::Replied && outcome.reply.positive()) {
            ++work_.delivered[outcome.tag];
            return;
        } else if (outcome.kind == SmtpOutcome::Kind::Replied && outcome.reply.permanent()) {
            ++work_.refused[outcome.tag];
            return;
        }
        work_.waiting.push_back(outcome.tag);
    }

  private:
    Work& work_;
};

struct Record {
    std::map<std::string, std::size_t> lines;  // by recipient
    std::size_t wrong_hashes = 0;
};

Record read_record(const std::string& path) {
    Record record;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        std::vector<std::string> fields;
        std::istringstream in(line);
        for (std::string field; std::getline(in, field, '\t');) {
            fields.push_back(field);
        }
        if (fields.size() != 9) {
            ADD_FAILURE() << line;
            continue;
        }
        ++record.lines[fields[1]];
        const std::uint64_t tag = std::strtoull(fields[1].c_str() + 1, nullptr, 10);
        EXPECT_EQ(fields[2], std::to_string(tag) + "@news.example");
        EXPECT_EQ(fields[8], "localhost");
        record.wrong_hashes += fields[3] != hex_encode(sha256(message(tag).bytes)) ? 1 : 0;
    }
    return record;
}

class RecordingSinkTest : public testing::Test {
  public:
    ~RecordingSinkTest() override { std::filesystem::remove(path_); }

  protected:
    RecordingSinkTest() {
        path_ =
            std::filesystem::temp_directory_path() / ("tocsin-record-" + std::to_string(getpid()));
        std::filesystem::remove(path_);
    }

    // Sends until nothing is left, over a few sessions at a time; asserts the books.
    void send_all(const std::string& faults, mail::SmtpServerConfig server, std::uint64_t count) {
        SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed()) + " faults " + faults);
        std::filesystem::remove(path_);
        RecordingSinkOptions options;
        options.record_file = path_;
        options.faults = SinkFaults::parse(faults).value();
        options.seed = seed();
        options.server = server;
        asio::io_context io;
        auto sink = RecordingSink::start(io.get_executor(), clock_, options).value();
        Work work;
        for (std::uint64_t tag = 1; tag <= count; ++tag) {
            work.waiting.push_back(tag);
        }
        net::SmtpRoute route;
        route.host = "127.0.0.1";
        route.port = sink->port();
        route.tls = net::SmtpRoute::Tls::None;
        route.window = 3;
        net::TlsClients tls;
        net::SmtpTimes times;
        times.final_dot = Milliseconds(50);  // a late answer is later than that
        for (int round = 0; round < 2'000 && !work.waiting.empty(); ++round) {
            std::vector<std::unique_ptr<Feed>> feeds;
            std::size_t running = 0;
            for (int i = 0; i < 3; ++i) {
                feeds.push_back(std::make_unique<Feed>(work));
                ++running;
                asio::co_spawn(io,
                               net::run_smtp_session(route, *feeds.back(),
                                                     net::SmtpSessionOptions{tls, clock_, times}),
                               [&running](std::exception_ptr failure, net::SessionEnd) {
                                   EXPECT_FALSE(failure);
                                   --running;
                               });
            }
            while (running > 0) {
                ASSERT_GT(io.run_one_for(std::chrono::seconds(10)), 0U) << "a session hangs";
            }
        }
        const std::uint64_t faults_done = sink->faults();
        sink.reset();
        io.poll();
        check(work, count);
        EXPECT_GT(faults_done, 0U);
    }

    void check(const Work& work, std::uint64_t count) {
        EXPECT_EQ(work.given, work.answered);
        const Record record = read_record(path_);
        EXPECT_EQ(record.wrong_hashes, 0U);
        std::size_t lost = 0;
        std::size_t beyond = 0;  // more copies than the unknown answers allow
        for (std::uint64_t tag = 1; tag <= count; ++tag) {
            const auto at = [tag](const auto& counts) {
                const auto found = counts.find(tag);
                return found == counts.end() ? std::size_t{0} : found->second;
            };
            const auto line = record.lines.find("r" + std::to_string(tag) + "@example.com");
            const std::size_t copies = line == record.lines.end() ? 0 : line->second;
            EXPECT_EQ(at(work.delivered) + at(work.refused), 1U) << tag;
            lost += at(work.delivered) > copies ? 1 : 0;
            beyond += copies > at(work.delivered) + at(work.unknown) ? 1 : 0;
        }
        EXPECT_EQ(lost, 0U) << "believed delivered, not in the record";
        EXPECT_EQ(beyond, 0U) << "delivered twice without an unknown";
    }

    SystemClock clock_;
    std::filesystem::path path_;
};

constexpr const char* kEverything =
    "cut_before=0.02,cut_after=0.02,cut_data=0.02,mail421=0.01,mail4xx=0.02,mail5xx=0.01,"
    "rcpt4xx=0.02,rcpt5xx=0.01,rcpt5xx:r13@=1,rcpt552=0.01,rcpt421=0.01,data4xx=0.02,dot421=0.01,"
    "dot4xx=0.02,dot5xx=0.01,garbage=0.01,garbage_after=0.01,late=0.01,late_ms=60,split=0.1,"
    "lines100=0.05,greylist=0.05,greet421=0.02";

TEST_F(RecordingSinkTest, NothingIsLostWhateverGoesWrongWithChunks) {
    send_all(kEverything, {}, 400);
}

TEST_F(RecordingSinkTest, NothingIsLostWhateverGoesWrongWithData) {
    mail::SmtpServerConfig server;
    server.chunking = mail::SmtpServerConfig::Chunking::NotOffered;
    send_all(kEverything, server, 400);
}

TEST_F(RecordingSinkTest, NothingIsLostWhateverGoesWrongOneCommandAtATime) {
    mail::SmtpServerConfig server;
    server.chunking = mail::SmtpServerConfig::Chunking::NotOffered;
    server.pipelining = mail::SmtpServerConfig::Pipelining::NotOffered;
    send_all(kEverything, server, 200);
}

TEST(SinkParser, EverySplitGivesTheSame) {
    const std::string all =
        "EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n.x\r\nab\r\n..\r\n.\r\n"
        "RSET\r\nMAIL FROM:<>\r\nRCPT TO:<d@e.f>\r\nBDAT 5 LAST\r\n.\r\n.\r"
        "MAIL FROM:<>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n.\r\nQUIT\r\n";
    std::string whole;
    for (std::size_t cut = 0; cut < all.size(); ++cut) {
        SinkParser parser(SinkOptions::Chunking::Offered);
        parser.feed(all.substr(0, cut));
        EXPECT_EQ(parser.feed(all.substr(cut)), SinkParser::Next::Close);
        EXPECT_EQ(parser.messages(), 3U) << cut;
        whole = whole.empty() ? parser.output() : whole;
        EXPECT_EQ(parser.output(), whole) << cut;
    }
}

TEST(Sink, TakesMailOnSeveralThreads) {
    SinkOptions options;
    options.threads = 2;
    const auto sink = Sink::start(options).value();
    asio::io_context io;
    Work work;
    for (std::uint64_t tag = 1; tag <= 500; ++tag) {
        work.waiting.push_back(tag);
    }
    net::SmtpRoute route;
    route.host = "127.0.0.1";
    route.port = sink->port();
    route.tls = net::SmtpRoute::Tls::None;
    net::TlsClients tls;
    const SystemClock clock;
    Feed first(work);
    Feed second(work);
    for (Feed* feed : {&first, &second}) {
        asio::co_spawn(io,
                       net::run_smtp_session(route, *feed, net::SmtpSessionOptions{tls, clock, {}}),
                       [](std::exception_ptr, net::SessionEnd end) { EXPECT_TRUE(end.ok()); });
    }
    io.run_for(std::chrono::seconds(20));
    EXPECT_EQ(work.delivered.size(), 500U);
    EXPECT_EQ(sink->messages(), 500U);
    EXPECT_EQ(sink->connections(), 2U);
}

}  // namespace
}  // namespace tocsin::app
