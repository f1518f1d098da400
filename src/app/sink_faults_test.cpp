// Each fault of the recording sink by itself: what the real client makes of it, and what is in the
// record.
#include "app/sink_faults.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "app/recording_sink.h"
#include "net/smtp_session.h"

namespace tocsin::app {
namespace {

namespace asio = boost::asio;
using net::OutgoingMessage;
using net::SmtpOutcome;
using Kind = SmtpOutcome::Kind;
using Chunking = mail::SmtpServerConfig::Chunking;

// One message to one reader; remembers what became of it, and how many lines the record had then.
class OneMessage : public net::SmtpFeed {
  public:
    explicit OneMessage(std::filesystem::path record) : record_(std::move(record)) {}

    Task<std::optional<OutgoingMessage>> next() override { co_return try_next(); }
    std::optional<OutgoingMessage> try_next() override {
        if (given) {
            return std::nullopt;
        }
        given = true;
        OutgoingMessage message;
        message.tag = 1;
        message.mail_from = "b@news.example";
        message.rcpt_to = "ann@example.com";
        message.bytes = "Message-ID: <1@news.example>\r\n\r\n" + std::string(500, 'x') + "\r\n";
        return message;
    }
    void on_outcome(const SmtpOutcome& outcome) override {
        outcomes.push_back(outcome);
        lines_then = lines(record_);
    }

    static std::size_t lines(const std::filesystem::path& file) {
        std::ifstream in(file);
        std::size_t count = 0;
        for (std::string line; std::getline(in, line);) {
            ++count;
        }
        return count;
    }

    bool given = false;
    std::vector<SmtpOutcome> outcomes;
    std::size_t lines_then = 0;

  private:
    std::filesystem::path record_;
};

class SinkFaultsTest : public testing::Test {
  public:
    ~SinkFaultsTest() override { std::filesystem::remove_all(folder_); }

  protected:
    SinkFaultsTest() {
        folder_ =
            std::filesystem::temp_directory_path() / ("tocsin-fault-" + std::to_string(getpid()));
        std::filesystem::create_directory(folder_);
        times_.final_dot = Milliseconds(2'000);
        route_.tls = net::SmtpRoute::Tls::None;
    }

    void start(const std::string& faults, Chunking chunking = Chunking::Offered) {
        RecordingSinkOptions options;
        options.record_file = folder_ / "record";
        options.faults = SinkFaults::parse(faults).value();
        options.server.chunking = chunking;
        std::filesystem::remove(folder_ / "record");
        sink_ = RecordingSink::start(io_.get_executor(), clock_, options).value();
        route_.host = "127.0.0.1";
        route_.port = sink_->port();
    }

    // One session with one message, to its end.
    OneMessage send() {
        OneMessage feed(folder_ / "record");
        bool ended = false;
        asio::co_spawn(
            io_, net::run_smtp_session(route_, feed, net::SmtpSessionOptions{tls_, clock_, times_}),
            [&](std::exception_ptr failure, net::SessionEnd) {
                EXPECT_FALSE(failure);
                ended = true;
            });
        while (!ended && io_.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        EXPECT_TRUE(ended) << "the session hangs";
        return feed;
    }

    std::size_t recorded() const { return OneMessage::lines(folder_ / "record"); }

    std::filesystem::path folder_;
    SystemClock clock_;
    asio::io_context io_;
    std::unique_ptr<RecordingSink> sink_;
    net::SmtpRoute route_;
    net::SmtpTimes times_;
    net::TlsClients tls_;
};

struct Expected {
    const char* faults;
    Kind kind;
    int code;  // 0: no reply that counts
    std::size_t recorded;
    Chunking chunking = Chunking::Offered;
};

TEST_F(SinkFaultsTest, EachIsWhatItSays) {
    const std::vector<Expected> all = {
        {"split=1,delay=1,delay_ms=1", Kind::Replied, 250, 1},
        {"lines100=1", Kind::Replied, 250, 1},
        {"no_chunking=1,no_pipelining=1", Kind::Replied, 250, 1},
        {"mail421=1", Kind::Replied, 421, 0},
        {"mail4xx=1", Kind::Replied, 451, 0},
        {"mail5xx=1", Kind::Replied, 550, 0},
        {"rcpt4xx:ann=1", Kind::Replied, 450, 0},
        {"rcpt5xx:ann=1", Kind::Replied, 550, 0},
        {"rcpt552=1", Kind::Replied, 552, 0},
        {"rcpt421=1", Kind::Replied, 421, 0},
        {"greylist=1", Kind::Replied, 451, 0},
        {"data4xx=1", Kind::Replied, 454, 0, Chunking::NotOffered},
        {"dot4xx=1", Kind::Replied, 454, 0},
        {"dot421=1", Kind::Replied, 421, 0},
        {"dot5xx=1", Kind::Replied, 554, 0, Chunking::NotOffered},
        {"cut_before=1", Kind::Unknown, 0, 0},
        {"cut_data=1", Kind::Unknown, 0, 0},
        {"cut_after=1", Kind::Unknown, 0, 1},
        {"garbage=1", Kind::Unknown, 0, 0},
        {"garbage_after=1", Kind::Unknown, 0, 1, Chunking::NotOffered},
    };
    for (const Expected& expected : all) {
        SCOPED_TRACE(expected.faults);
        start(expected.faults, expected.chunking);
        const OneMessage feed = send();
        ASSERT_EQ(feed.outcomes.size(), 1U);
        EXPECT_EQ(feed.outcomes[0].kind, expected.kind);
        if (expected.code != 0) {
            EXPECT_EQ(feed.outcomes[0].reply.code, expected.code);
        }
        EXPECT_EQ(feed.lines_then, expected.recorded) << "not on the disk before the answer";
        EXPECT_EQ(recorded(), expected.recorded);
    }
}

TEST_F(SinkFaultsTest, AnAnswerLaterThanTheLimitIsNoAnswer) {
    times_.final_dot = Milliseconds(50);
    start("late=1,late_ms=300");
    const OneMessage feed = send();
    ASSERT_EQ(feed.outcomes.size(), 1U);
    EXPECT_EQ(feed.outcomes[0].kind, Kind::Unknown);
    EXPECT_EQ(recorded(), 1U);
}

TEST_F(SinkFaultsTest, AReaderIsCutSoOftenAndNotMore) {
    start("cut_after=1,dot421=1,cuts_max=2");
    for (const Kind kind : {Kind::Replied, Kind::Replied, Kind::Replied}) {
        const OneMessage feed = send();
        ASSERT_EQ(feed.outcomes.size(), 1U);
        EXPECT_EQ(feed.outcomes[0].kind, kind);
    }
    EXPECT_EQ(recorded(), 1U) << "twice 421, then it is left alone";
}

TEST(SinkFaults, SpecsAreCheckedAndFollowTheirSeed) {
    for (const char* bad : {"nonsense=1", "cut_after", "cut_after=", "cut_after=2", "cut_after=x",
                            "=1", "cut_after=-1", "late_ms", "cuts_max=x"}) {
        EXPECT_FALSE(SinkFaults::parse(bad)) << bad;
    }
    const SinkFaults faults =
        SinkFaults::parse(" rcpt5xx:bounce=1, cut_after=0.5,delay_ms=3,late_ms=700,cuts_max=1")
            .value();
    EXPECT_EQ(faults.delay_ms(), 3U);
    EXPECT_EQ(faults.late_ms(), 700U);
    EXPECT_EQ(faults.cuts_max(), 1U);
    SeededRandom random(1);
    EXPECT_TRUE(faults.happens("rcpt5xx", random, "bounce-1@x.example"));
    EXPECT_FALSE(faults.happens("rcpt5xx", random, "ann@x.example"));
    EXPECT_FALSE(faults.configured("split"));
    std::string first;
    std::string second;
    SeededRandom a(5);
    SeededRandom b(5);
    for (int i = 0; i < 100; ++i) {
        first += faults.happens("cut_after", a) ? '1' : '0';
        second += faults.happens("cut_after", b) ? '1' : '0';
    }
    EXPECT_EQ(first, second);
    EXPECT_NE(first.find('1'), std::string::npos);
    EXPECT_NE(first.find('0'), std::string::npos);
}

}  // namespace
}  // namespace tocsin::app
