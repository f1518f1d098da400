// For tests: a PostgreSQL of their own, which they break.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <poll.h>
#include <string>

#include <gtest/gtest.h>

#include "store/postgres_server.h"
#include "store/store.h"

namespace tocsin::store {

class BrokenPostgres : public testing::Test {
  protected:
    static void SetUpTestSuite() { own_ = std::make_unique<PostgresServer>(); }
    static void TearDownTestSuite() { own_.reset(); }
    void SetUp() override {
        if (!server_.running()) {
            GTEST_SKIP() << server_.why_not();
        }
        url_ = server_.new_schema();
    }

    std::unique_ptr<Store> open(const std::string& node = "") {
        auto opened = Store::open(url_, clock_, {node, Pooler::None});
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }
    std::string refusal() {
        const auto opened = Store::open(url_, clock_);
        return opened ? "" : opened.error().message();
    }

    static constexpr const char* kAll = "true";
    // Of those that `which` (SQL) is true for; returns when they are gone.
    void end_sessions(const std::string& which = kAll) {
        server_.admin("postgres",
                      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                      "WHERE application_name = 'tocsin' AND " +
                          which);
    }

    static Result<std::int64_t> count(Store& store) {
        std::promise<Result<std::int64_t>> counted;
        store.post_read(
            [](Database& db) -> Result<std::int64_t> {
                return db.first("SELECT COUNT(*) FROM list")->integer(0);
            },
            [&counted](Result<std::int64_t> result) { counted.set_value(std::move(result)); });
        return counted.get_future().get();
    }
    static Status insert_list(Database& db, const std::string& slug) {
        db.execute("INSERT INTO list (slug, name, description, created_at) VALUES ($1, '', '', 0)",
                   {slug});
        return {};
    }
    static Status insert(Store& store, const std::string& slug) {
        return store.run([slug](Database& db) { return insert_list(db, slug); });
    }

    // Until `what` is true, for what happens on other threads and in the server.
    static void wait_until(const std::function<bool()>& what) {
        for (int i = 0; i < 3'000 && !what(); ++i) {
            ::poll(nullptr, 0, 10);
        }
        EXPECT_TRUE(what());
    }

    static inline std::unique_ptr<PostgresServer> own_;
    FakeClock clock_;
    PostgresServer& server_ = *own_;
    std::string url_;
};

}  // namespace tocsin::store
