#include "app/waiting_room.h"

#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Task<net::HttpResponse> inner(net::HttpRequest) {
    net::HttpResponse response;
    response.status = 200;
    response.body = "the real handler";
    co_return response;
}

class WaitingRoomTest : public testing::Test {
  protected:
    WaitingRoomTest()
        : templates_(*mail::Templates::load()),
          room_(templates_, "The <Example>", Milliseconds(1)) {}

    net::HttpResponse get(const net::HttpHandler& handler, const std::string& path) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = path;
        request.target = path;
        boost::asio::io_context io;
        auto answer =
            boost::asio::co_spawn(io, handler(std::move(request)), boost::asio::use_future);
        io.run();
        return answer.get();
    }
    WaitingRoom::Opened opened() { return store::Store::open(folder_.url(), clock_); }

    FakeClock clock_;
    store::TempFolder folder_;
    mail::Templates templates_;
    WaitingRoom room_;
    boost::asio::io_context io_;
    boost::asio::signal_set signals_{io_, SIGUSR2};
    const Error why_{ErrorKind::Unavailable, "no server at db.example:5432"};
};

TEST_F(WaitingRoomTest, WhileItWaitsItSaysSoAndAfterwardsItIsNotThere) {
    const auto open_to_all = room_.guard(inner, HealthDetail::AliveOnly);
    const auto inside = room_.guard(inner, HealthDetail::Everything);
    EXPECT_EQ(get(open_to_all, "/lists").body, "the real handler");

    const auto open = [&]() -> WaitingRoom::Opened {
        EXPECT_EQ(get(open_to_all, "/healthz").status, 200);
        const auto ready = get(open_to_all, "/readyz");
        EXPECT_EQ(ready.status, 503);
        EXPECT_EQ(ready.body, "not ready\n");
        EXPECT_EQ(get(inside, "/readyz").body, "no server at db.example:5432\n");
        const auto page = get(open_to_all, "/lists/breaking");
        EXPECT_EQ(page.status, 503);
        EXPECT_EQ(page.headers.get("Retry-After"), "2");
        EXPECT_THAT(page.body, HasSubstr("The &lt;Example&gt;"));
        EXPECT_THAT(page.body, HasSubstr("Please try again in a moment"));
        EXPECT_THAT(page.body, Not(HasSubstr("db.example")));
        const auto problem = get(inside, "/api/v1/alerts");
        EXPECT_EQ(problem.status, 503);
        EXPECT_EQ(problem.headers.get("Content-Type"), "application/problem+json");
        EXPECT_THAT(problem.body, HasSubstr("db.example"));
        EXPECT_EQ(get(open_to_all, "/static/site.css").status, 200);
        return opened();
    };
    const auto store = room_.wait(io_, signals_, open, why_);
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(get(open_to_all, "/lists").body, "the real handler");
}

TEST_F(WaitingRoomTest, ASignalEndsIt) {
    ::raise(SIGUSR2);
    const auto open = [this] { return opened(); };
    const auto store = room_.wait(io_, signals_, open, why_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind(), ErrorKind::Cancelled);
}

}  // namespace
}  // namespace tocsin::app
