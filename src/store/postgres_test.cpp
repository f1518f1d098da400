#include "store/postgres.h"

#include <array>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "store/broken_postgres.h"
#include "store/delivery.h"
#include "store/outbox.h"
#include "store/store.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

TEST_F(BrokenPostgres, AServerThatIsGoneAndAStandbyAreRefusedInOneLine) {
    server_.stop(PostgresServer::Stop::Orderly);
    const std::string line = refusal();
    EXPECT_NE(line.find("the database postgresql://tocsin@"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
    server_.become_standby();
    server_.start();
    ASSERT_TRUE(server_.running()) << server_.why_not();
    EXPECT_NE(refusal().find("is a read-only standby"), std::string::npos) << refusal();
    server_.stop(PostgresServer::Stop::Orderly);
    server_.become_primary();
    server_.start();
}

// --- a server that is none ------------------------------------------------------------------

// Lets everybody in, or refuses everybody, and says nothing more.
class OnlyGreets {
  public:
    explicit OnlyGreets(std::string greeting) : greeting_(std::move(greeting)) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        const std::string path = folder_.file(".s.PGSQL.5432");
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_, 8), 0);
        thread_ = std::thread([this] { greet(); });
    }
    ~OnlyGreets() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    std::string url() const { return "postgresql://tocsin@/news?host=" + folder_.file(""); }

    static std::string welcome() {
        return message('R', std::string(4, '\0')) + message('K', std::string(8, '\1')) +
               message('Z', "I");
    }
    static std::string refusal(const std::string& state, const std::string& words) {
        const std::string end(1, '\0');
        return message(
            'E', "SFATAL" + end + "VFATAL" + end + "C" + state + end + "M" + words + end + end);
    }

  private:
    static std::string message(char type, const std::string& body) {
        return type + std::string("\0\0\0", 3) + static_cast<char>(body.size() + 4) + body;
    }
    void greet() {
        for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0;) {
            std::array<char, 4'096> heard = {};
            (void)::recv(client, heard.data(), heard.size(), 0);
            (void)::send(client, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
            while (::recv(client, heard.data(), heard.size(), 0) > 0) {
            }
            ::close(client);
        }
    }

    const std::string greeting_;
    TempFolder folder_;
    const int socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::thread thread_;
};

TEST(PostgresOpens, NotWithAServerThatLetsUsInAndSaysNothingMore) {
    const OnlyGreets server(OnlyGreets::welcome());
    const auto opened =
        Postgres::open(server.url(), Postgres::Use::Books,
                       {.node = {}, .pooler = Pooler::None, .answer_time = Milliseconds(100)});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::Unavailable);
    EXPECT_NE(opened.error().message().find("the server has not answered for 1 s"),
              std::string::npos)
        << opened.error().message();
}

TEST(PostgresOpens, LaterWhereTheServerIsOnlyNotReady) {
    const auto kind_of = [](const std::string& state) {
        const OnlyGreets server(OnlyGreets::refusal(state, "no, and in any language"));
        const Error error = Postgres::open(server.url(), Postgres::Use::Books).error();
        EXPECT_NE(error.message().find("no, and in any language"), std::string::npos);
        return error.kind();
    };
    for (const char* state : {"57P03", "57P01", "57P02", "53300"}) {
        EXPECT_EQ(kind_of(state), ErrorKind::Unavailable) << state;
    }
    for (const char* state : {"28P01", "3D000", "28000"}) {
        EXPECT_EQ(kind_of(state), ErrorKind::Invalid) << state;
    }
}

// --- on the shared server -------------------------------------------------------------------

class PostgresRefuses : public testing::Test {
  protected:
    void SetUp() override {
        if (!server_.running()) {
            GTEST_SKIP() << server_.why_not();
        }
    }
    std::string refusal(const std::string& url) {
        const auto opened = Store::open(url, clock_);
        EXPECT_FALSE(opened);
        const std::string line = opened ? "" : opened.error().message();
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        EXPECT_EQ(line.find("s3cret"), std::string::npos) << line;
        return line;
    }

    FakeClock clock_;
    PostgresServer& server_ = PostgresServer::shared();
};

TEST_F(PostgresRefuses, AWrongUrl) {
    EXPECT_NE(refusal("postgresql://a:s3cret/@x/").find("store.url: is not a URL like"),
              std::string::npos);
    EXPECT_NE(refusal("mysql://a:s3cret@x/").find("store.url must be"), std::string::npos);
}

TEST_F(PostgresRefuses, AWrongPassword) {
    server_.admin("postgres", "CREATE ROLE secret LOGIN PASSWORD 'right'");
    const std::string line = refusal(server_.url("postgres", "secret", "s3cret"));
    EXPECT_NE(line.find("password authentication failed for user \"secret\""), std::string::npos)
        << line;
    EXPECT_NE(refusal(server_.url("postgres", "secret")).find("no password supplied"),
              std::string::npos);
}

TEST_F(PostgresRefuses, ADatabaseOrARoleThatIsNotThere) {
    EXPECT_NE(refusal(server_.url("nowhere")).find("database \"nowhere\" does not exist"),
              std::string::npos);
    EXPECT_NE(refusal(server_.url("postgres", "nobody")).find("role \"nobody\" does not exist"),
              std::string::npos);
}

TEST_F(PostgresRefuses, ARoleThatHasTooManyConnectionsUntilOneEnds) {
    server_.admin(
        "postgres",
        "CREATE ROLE only_one LOGIN CONNECTION LIMIT 1; GRANT CREATE ON SCHEMA public TO only_one");
    const std::string url = server_.url("postgres", "only_one");
    const auto first = Postgres::open(url, Postgres::Use::Beside);
    ASSERT_TRUE(first) << first.error().message();
    const auto refused = Store::open(url, clock_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::Unavailable);
    EXPECT_NE(refused.error().message().find("too many connections for role \"only_one\""),
              std::string::npos)
        << refused.error().message();
    EXPECT_EQ(Store::open(server_.url("nowhere"), clock_).error().kind(), ErrorKind::Invalid);
}

TEST_F(PostgresRefuses, MissingPrivileges) {
    server_.admin("postgres", "CREATE ROLE guest LOGIN");
    EXPECT_NE(refusal(server_.url("postgres", "guest"))
                  .find("the role guest may not create tables: GRANT USAGE, CREATE ON SCHEMA "
                        "public TO guest"),
              std::string::npos);
    const std::string schema = server_.new_schema();
    ASSERT_TRUE(Store::open(schema, clock_));
    const std::string name = schema.substr(schema.rfind("%3D") + 3);
    server_.admin("postgres", "GRANT USAGE, CREATE ON SCHEMA " + name + " TO guest");
    EXPECT_NE(refusal(server_.url("postgres", "guest") + "&options=-csearch_path%3D" + name)
                  .find("belong to the role tocsin: connect as tocsin, or GRANT tocsin TO guest"),
              std::string::npos);
    EXPECT_NE(refusal(server_.url("postgres") + "&options=-csearch_path%3Dnowhere")
                  .find("has no schema to use"),
              std::string::npos);
}

TEST_F(PostgresRefuses, ADatabaseOfAnotherEncoding) {
    server_.admin("postgres",
                  "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc "
                  "TEMPLATE template0");
    EXPECT_NE(refusal(server_.url("latin")).find("encoding is LATIN1"), std::string::npos);
}

TEST_F(PostgresRefuses, APoolerUnlessItIsSaidToPoolBySession) {
    server_.admin("postgres", "CREATE DATABASE pooled");
    for (const char* mode : {"transaction", "session"}) {
        const std::string url = server_.pooled_url("pooled", mode);
        if (url.empty()) {
            GTEST_SKIP() << "PgBouncer is not installed";
        }
        EXPECT_NE(refusal(url).find("there is a connection pooler"), std::string::npos);
    }
    const std::string url = server_.pooled_url("pooled", "session");
    std::promise<std::int64_t> heard;
    const auto store = Store::open(url, clock_, {"one", Pooler::Session});
    ASSERT_TRUE(store) << store.error().message();
    (*store)->listen([&heard](const Signal& signal) { heard.set_value(signal.subject); }, [] {});
    EXPECT_TRUE((*store)->run_fenced([](Database& db) -> Status {
        db.signal(topic::kLeft, 7);
        return {};
    }));
    EXPECT_EQ(heard.get_future().get(), 7);
}

TEST_F(PostgresRefuses, ToAnswerBeforeItIsDurable) {
    const std::string url = server_.new_schema() + "%20-csynchronous_commit%3Doff";
    const auto db = Postgres::open(url, Postgres::Use::Beside).value();
    EXPECT_EQ(db->first("SELECT current_setting('synchronous_commit')")->text(0), "on");
}

// Whoever is stopped in the middle of a group must not hold up the others.
TEST_F(PostgresRefuses, ToKeepLocksWithoutDoingAnything) {
    const auto setting = [&](Postgres::Use use) {
        const auto db = Postgres::open(server_.url("postgres"), use).value();
        return db->first("SELECT current_setting('idle_in_transaction_session_timeout')")->text(0);
    };
    EXPECT_EQ(setting(Postgres::Use::Books), "5s");
    EXPECT_EQ(setting(Postgres::Use::Fenced), "5s");
    EXPECT_EQ(setting(Postgres::Use::Beside), "0");
}

// --- two sessions at once -------------------------------------------------------------------

TEST_F(PostgresRefuses, ToGiveOnePartitionOrMailToTwo) {
    const TestDatabase database(Engine::Postgres);
    const auto one = database.connect();
    const auto other = database.connect();
    ASSERT_TRUE(migrate(*one, embedded_migrations(), clock_.now()));
    const Time now = clock_.now();
    for (std::int64_t i = 0; i < 2; ++i) {
        insert_partition(*one, {.alert = AlertId(1),
                                .partition = i,
                                .first_ordinal = 0,
                                .recipients = 1,
                                .chunk = "",
                                .domain = ""});
        insert_outbox(*one, {"a@x.example", "b@x.example", false, "m", now, now + Seconds(60)});
    }
    one->begin();
    other->begin();
    const auto held = claim_partition(*one, AlertId(1), {"one", now, now + Seconds(30)});
    const auto next = claim_partition(*other, AlertId(1), {"other", now, now + Seconds(30)});
    ASSERT_TRUE(held && next);
    EXPECT_NE(held->key.partition, next->key.partition);
    EXPECT_FALSE(claim_partition(*other, AlertId(1), {"other", now, now + Seconds(30)}));
    EXPECT_EQ(claim_outbox(*one, {"a", now, now + Seconds(30)}, 1).size(), 1U);
    EXPECT_EQ(claim_outbox(*other, {"b", now, now + Seconds(30)}, 10).size(), 1U);
    one->commit();
    other->commit();
}

}  // namespace
}  // namespace tocsin::store
