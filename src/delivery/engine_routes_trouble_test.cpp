// Routes in trouble: what one does must not be paid for by the others, nor be forgotten.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "delivery/engine_routes_fixture.h"

namespace tocsin::delivery {
namespace {

using ::testing::HasSubstr;

// Greets, and closes the connection as soon as a message is offered.
class RudeServer {
  public:
    explicit RudeServer(const std::string& host)
        : acceptor_(io_, {boost::asio::ip::make_address(host), 0}) {
        boost::asio::co_spawn(io_, serve(this), [](const std::exception_ptr&) {});
        thread_ = std::thread([this] { io_.run(); });
    }
    ~RudeServer() {
        io_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    int hang_ups() const { return hang_ups_; }

  private:
    using Socket = boost::asio::ip::tcp::socket;

    static Task<void> serve(RudeServer* self) {
        for (;;) {
            Socket socket = co_await self->acceptor_.async_accept(boost::asio::use_awaitable);
            boost::asio::co_spawn(self->io_, talk(self, std::move(socket)),
                                  [](const std::exception_ptr&) {});
        }
    }
    static Task<void> talk(RudeServer* self, Socket socket) {
        std::string line;
        for (const std::string_view words : {"220 rude\r\n", "250 rude\r\n"}) {
            co_await boost::asio::async_write(socket, boost::asio::buffer(words),
                                              boost::asio::use_awaitable);
            line.clear();
            co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(line), '\n',
                                                   boost::asio::use_awaitable);
        }
        self->hang_ups_ += line.starts_with("MAIL") ? 1 : 0;
    }

    boost::asio::io_context io_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<int> hang_ups_{0};
    std::thread thread_;
};

class Trouble : public Sites {
  protected:
    bool delivers_as_time_passes(AlertId alert, std::uint64_t count) {
        return wait_until([&] {
            clock_.advance(Milliseconds(20));
            return delivered(alert) >= count;
        });
    }
    // All of the three sites as one provider's, with so many connections together.
    static std::string one_provider(int connections) {
        return "[[site]]\nname = \"One\"\nmx = [\"mx.*.example\"]\nconnections = " +
               std::to_string(connections) + "\nmessages_per_connection = 0\nper_second = 0\n";
    }
};

TEST_F(Trouble, ASlowSiteHoldsUpNobodyElseWhereLittleIsComposedAhead) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 900);
    a.hold(true);
    b.hold(true);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    send(alert);
    EXPECT_TRUE(delivers_as_time_passes(alert, 300));
    EXPECT_EQ(c.count(), 300U);
    a.hold(false);
    b.hold(false);
    EXPECT_TRUE(delivers_as_time_passes(alert, 900));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Trouble, ManySlowSitesHoldUpNobodyElse) {
    ScriptedServer slow("127.0.0.3"), b("127.0.0.2", slow.port());
    const ListId list = add_list("news");
    for (int i = 0; i < 40; ++i) {
        const std::string domain = "slow" + std::to_string(i) + ".example";
        mx(domain, {"mx." + domain});
        address("mx." + domain, "127.0.0.3");
        add_readers_at(list, domain, 60);
    }
    mx("z.example", {"mx.z.example"});
    address("mx.z.example", "127.0.0.2");
    add_readers_at(list, "z.example", 100);
    slow.hold(true);
    EngineOptions options = mx_options(b.port(), "connections = 2\n");
    options.ready_bytes = 100'000;
    start_engine(options);
    const AlertId alert = release({.lists = {list}});
    send(alert);
    EXPECT_TRUE(delivers_as_time_passes(alert, 100));
    slow.hold(false);
    EXPECT_TRUE(delivers_as_time_passes(alert, 2'500));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Trouble, ALargeDomainThatTheDnsIsSilentAboutHoldsUpNobodyElse) {
    three_sites();
    net::DnsAnswer silent;
    silent.why = TableDns::kSilent;
    answer("a.example", net::DnsType::Mx, silent);
    ScriptedServer b("127.0.0.2");
    const ListId list = add_list("news");
    add_readers_at(list, "a.example", 6'000);
    add_readers_at(list, "b.example", 300);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    EXPECT_TRUE(delivers(alert, 300));
}

TEST_F(Trouble, AnIdleConnectionIsLetGoForAnotherSiteOfTheProvider) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 30);
    start_engine(mx_options(b.port(), one_provider(1)));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Trouble, AWarmConnectionIsLetGoForAnotherSiteOfTheProvider) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port());
    const ListId list = add_list("news");
    add_readers_at(list, "b.example", 30);
    start_engine(mx_options(b.port(), one_provider(1)));
    engine_->prewarm({"a.example"});
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return routes.size() == 1 && routes[0].connections == 1;
    }));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
}

TEST_F(Trouble, AServerThatHangsUpOnEveryMessageIsNotCalledWithoutPause) {
    three_sites();
    RudeServer a("127.0.0.3");
    const ListId list = add_list("news");
    add_readers_at(list, "a.example", 300);
    start_engine(mx_options(a.port()));
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return a.hang_ups() > 0; }));
    EXPECT_TRUE(wait_until([&] {
        clock_.advance(Milliseconds(1));
        const auto routes = engine_->routes();
        return routes.size() == 1 && routes[0].waiting == 300 &&
               routes[0].reason.find("no connection") != std::string::npos;
    }));
    EXPECT_LE(a.hang_ups(), 20);
    // None was accepted, and nobody could think so.
    engine_->stop_alert(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(check(alert).counts.unknown, 0U);
    EXPECT_EQ(check(alert).counts.expired, 300U);
    expect_accounted(alert);
}

TEST_F(Trouble, MailThatWaitsFollowsItsDomainToOtherServers) {
    three_sites();
    ScriptedServer b("127.0.0.2");
    const ListId list = add_list("news");
    add_readers_at(list, "a.example", 3'000);  // nobody listens there
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return routes.size() == 1 && !routes[0].reason.empty() && routes[0].waiting > 0;
    }));
    mx("a.example", {"mx.b.example"});
    clock_.advance(std::chrono::minutes(61));  // the old answer's time is over
    // What was on its way to the old servers at that moment waits its five minutes first.
    for (int again = 0; again < 20 && !is_finished(alert); ++again) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        clock_.advance(std::chrono::minutes(6));
    }
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(b.count(), 3'000U);
    expect_accounted(alert);
}

TEST_F(Trouble, AtMostOnceHoldsForTheAttemptAfterARefusal) {
    const ListId list = add_list("news");
    add_readers(list, 1);
    server_.script([](const std::string&, int nth) {
        return nth == 1 ? reply(451, "4.2.0", "later") : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.deferred == 1; }));
    server_.hold(true);
    clock_.advance(std::chrono::minutes(10));
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 1; }));
    engine_->abandon();  // the process dies while the final reply is awaited
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return server_.count() == 1; }));
    start_engine();
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(server_.count(), 1U);
    EXPECT_EQ(check(alert).counts.unknown, 1U);
    expect_accounted(alert);
}

TEST_F(Trouble, ConfirmationsForSlowServersKeepNoOthersWaiting) {
    ScriptedServer slow("127.0.0.3"), b("127.0.0.2", slow.port());
    slow.hold(true);
    for (int i = 0; i < 5; ++i) {
        const std::string domain = "slow" + std::to_string(i) + ".example";
        mx(domain, {"mx." + domain});
        address("mx." + domain, "127.0.0.3");
        for (int n = 0; n < 120; ++n) {
            put("reader" + std::to_string(n) + "@" + domain);
        }
    }
    mx("b.example", {"mx.b.example"});
    address("mx.b.example", "127.0.0.2");
    put("reader@b.example");
    start_engine(mx_options(b.port(), "connections = 2\n"));
    EXPECT_TRUE(wait_until([&] {
        clock_.advance(Milliseconds(50));
        return b.count() == 1;
    }));
}

TEST(LimitGroup, WhoHasWaitedLongestComesFirst) {
    const SteadyTime now{std::chrono::minutes(1)};
    LimitGroup group("One", {.connections = 1}, "One");
    const int a = 0, b = 0, c = 0;
    const auto first = WaitingLine::Wants::First;
    EXPECT_TRUE(group.try_connect(&a, first, now));
    EXPECT_FALSE(group.try_connect(&b, first, now));
    EXPECT_FALSE(group.try_connect(&c, first, now));
    EXPECT_TRUE(group.others_wait(&a, now));
    group.on_disconnect(LimitGroup::Left::OfItself);
    EXPECT_FALSE(group.try_connect(&a, first, now));
    EXPECT_FALSE(group.try_connect(&c, first, now));
    EXPECT_TRUE(group.try_connect(&b, first, now));
    group.on_disconnect(LimitGroup::Left::OfItself);
    // Who does not ask any more has gone.
    const SteadyTime later = now + Seconds(2);
    EXPECT_FALSE(group.others_wait(&b, later));
    EXPECT_TRUE(group.try_connect(&a, WaitingLine::Wants::More, later));
}

}  // namespace
}  // namespace tocsin::delivery
