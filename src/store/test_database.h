// For tests: a database on either engine, and the test suites that run on both.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/migrate.h"
#include "store/postgres.h"
#include "store/postgres_server.h"
#include "store/sqlite.h"
#include "store/temp_folder.h"

namespace tocsin::store {

// A database of its own for a test, empty at first; gone afterwards.
class TestDatabase {
  public:
    explicit TestDatabase(Engine engine)
        : engine_(engine),
          url_(engine == Engine::Postgres ? PostgresServer::shared().new_schema()
                                          : "sqlite:" + folder_.file("tocsin.db")) {}
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    const std::string& url() const { return url_; }
    // SQLite: only one at a time.
    std::unique_ptr<Connection> connect() const {
        if (engine_ == Engine::Postgres) {
            auto opened = Postgres::open(url_, Postgres::Use::Beside);
            EXPECT_TRUE(opened) << opened.error().message();
            return opened ? std::move(*opened) : nullptr;
        }
        auto opened = Sqlite::open(folder_.file("tocsin.db"));
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }

  private:
    Engine engine_;
    TempFolder folder_;
    std::string url_;
};

// A suite whose tests run once on each engine: INSTANTIATE_TEST_SUITE_P(..., kEngines,
// engine_name).
class EachEngine : public testing::TestWithParam<Engine> {
  protected:
    void SetUp() override {
        if (GetParam() == Engine::Postgres && !PostgresServer::shared().running()) {
            GTEST_SKIP() << PostgresServer::shared().why_not();
        }
        database_ = std::make_unique<TestDatabase>(GetParam());
    }

    std::unique_ptr<TestDatabase> database_;
};

// ... and whose tests call verbs on a migrated database without a Store around it.
class EachEngineVerbs : public EachEngine {
  protected:
    void SetUp() override {
        EachEngine::SetUp();
        if (!IsSkipped()) {
            db_ = database_->connect();
            const Status migrated = migrate(*db_, embedded_migrations(), now_);
            ASSERT_TRUE(migrated) << migrated.error().message();
        }
    }
    void TearDown() override { db_.reset(); }

    Time now_ = from_ms(1'700'000'000'000);
    std::unique_ptr<Connection> db_;
};

inline const auto kEngines = testing::Values(Engine::Sqlite, Engine::Postgres);
inline std::string engine_name(const testing::TestParamInfo<Engine>& info) {
    return info.param == Engine::Sqlite ? "Sqlite" : "Postgres";
}

}  // namespace tocsin::store
