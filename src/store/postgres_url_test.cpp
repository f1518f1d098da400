#include "store/postgres_url.h"

#include <gtest/gtest.h>

namespace tocsin::store {
namespace {

using Scope = DatabaseFailure::Scope;

TEST(PostgresUrl, IsShownWithoutItsPasswordAndOptions) {
    EXPECT_EQ(shown_postgres_url("postgresql://ann:s3cret@db.example:5433/news?sslmode=require"),
              "postgresql://ann@db.example:5433/news");
    EXPECT_EQ(shown_postgres_url("postgres://db.example/news"), "postgresql://db.example/news");
    EXPECT_EQ(shown_postgres_url("postgresql://ann@a/news?password=s3cret"),
              "postgresql://ann@a/news");
    EXPECT_EQ(shown_postgres_url("postgresql://ann:s3cret@[broken"), "postgresql://...");
}

TEST(PostgresUrl, WhatCannotBeReadIsNeverQuoted) {
    for (const char* url :
         {"postgresql://ann:s3/cret@db/news", "postgresql://ann:s3%zzcret@db/x",
          "postgresql://db/x?s3cret=1", "postgresql:/ann:s3cret@db", "s3cret",
          "postgresql://ann:s3@cret@db/news", "postgresql://ann:1/cret@db/news"}) {
        const Status status = check_postgres_url(url);
        ASSERT_FALSE(status) << url;
        EXPECT_EQ(status.error().message().find("cret"), std::string::npos);
    }
    EXPECT_TRUE(check_postgres_url("postgresql:///news?host=/run/postgresql"));
}

TEST(PostgresUrl, MessagesBecomeOneLine) {
    EXPECT_EQ(one_line("connection to server at \"db\", port 5432 failed: FATAL:  no\n"), "no");
    EXPECT_EQ(one_line("first\n\tIs the server running?\n"), "first; Is the server running?");
    EXPECT_EQ(one_line(""), "");
}

TEST(PostgresUrl, WhichRefusalsPassByThemselves) {
    for (const char* state : {"08P01", "53200", "53300", "57P01", "57P02", "57P03"}) {
        EXPECT_TRUE(refusal_passes(
            fmt::format("connection to server at \"one\" failed: FATAL:  28P01\n"
                        "connection to server at \"other\", port 5432 failed: FATAL:  {}\n",
                        state)));
    }
    for (const char* state : {"28000", "28P01", "3D000", "55000", "57P04"}) {
        EXPECT_FALSE(refusal_passes(fmt::format(
            "connection to server on socket \"/57P03/.s.PGSQL.5432\" failed: FATAL:  {}\n",
            state)));
    }
}

TEST(PostgresUrl, WhatEndsATransactionAndWhatOnlyAStatement) {
    for (const char* state : {"",      "08006", "0A000", "25006", "25P03", "26000", "40001",
                              "40003", "40P01", "53100", "53200", "53300", "55P03", "57014",
                              "57P01", "57P02", "57P03", "58030", "F0000", "XX000", "XX001"}) {
        EXPECT_EQ(failure_scope(state), Scope::Transaction) << state;
    }
    for (const char* state : {"23505", "22021", "42601", "42501", "25P02"}) {
        EXPECT_EQ(failure_scope(state), Scope::Statement) << state;
    }
    for (const char* state : {"", "08006", "25006", "53100", "57P01", "XX000"}) {
        EXPECT_FALSE(keeps_session(state)) << state;
    }
    EXPECT_TRUE(keeps_session("40P01"));
}

}  // namespace
}  // namespace tocsin::store
