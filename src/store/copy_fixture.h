// For tests: databases with something in every table that a copy takes.
#pragma once

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/random.h"
#include "base/test_seed.h"
#include "store/consent.h"
#include "store/copy_tables.h"
#include "store/test_database.h"

namespace tocsin::store {

// The columns' types as the migrations write them.
struct TypedColumn {
    std::string name;
    std::string type;
};

inline std::vector<TypedColumn> typed_columns(Database& db, std::string_view table) {
    std::vector<TypedColumn> out;
    const bool sqlite = db.engine() == Engine::Sqlite;
    db.for_each(sqlite ? "SELECT name, type FROM pragma_table_info($1)"
                       : "SELECT column_name, data_type FROM information_schema.columns WHERE "
                         "table_schema = current_schema() AND table_name = $1",
                {table}, [&out](const Row& row) { out.push_back({row.text(0), row.text(1)}); });
    return out;
}

// Numbers are ascending, so that keys differ; text and bytes are random, with all that may be in
// them, and now and then long.
inline Param random_value(const std::string& type, std::int64_t number, Random& random) {
    if (type == "TEXT" || type == "text") {
        return Param(fmt::format("{} \u00e4\u20ac\U0001F514\t\n'\"\\ {}", number,
                                 std::string(random.below(40), 'x')));
    }
    if (type == "BLOB" || type == "bytea") {
        return Param(Blob{random.bytes(16 + random.below(random.below(10) == 0 ? 1500 : 30))});
    }
    return Param(number);
}

inline void fill_table(Database& db, std::string_view table, std::int64_t rows, Random& random) {
    const std::vector<TypedColumn> columns = typed_columns(db, table);
    std::vector<std::string> names;
    std::vector<std::string> places;
    for (const TypedColumn& column : columns) {
        names.push_back(column.name);
        places.push_back(fmt::format("${}", places.size() + 1));
    }
    const std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ({})", table,
                                        fmt::join(names, ", "), fmt::join(places, ", "));
    for (std::int64_t i = 0; i < rows; ++i) {
        std::vector<Param> values;
        for (const TypedColumn& column : columns) {
            values.push_back(random_value(column.type, 1 + i * 3, random));
        }
        db.execute(sql, values);
    }
}

// A consent chain that holds, and random rows everywhere else.
inline void fill_every_copied_table(Connection& db, std::int64_t rows) {
    SeededRandom random(test_seed());
    db.begin();
    for (const CopiedTable& table : copied_tables()) {
        if (!table.name.starts_with("consent_")) {
            fill_table(db, table.name, rows, random);
        }
    }
    std::vector<NewConsent> events;
    for (std::int64_t i = 0; i < rows; ++i) {
        NewConsent event;
        event.subject = random.bytes(16);
        event.wording = i % 2 == 0 ? "I want alerts." : "Ich will Eilmeldungen.";
        event.detail.page_url = "https://news.example/a";
        event.origin = {random.bytes(32), "192.0.2.7", "a browser"};
        event.actor = "subscriber";
        event.at = from_ms(1'700'000'000'000 + i);
        event.pii_commit = random.bytes(32);
        if (i % 3 == 0) {
            event.list = ListId(1);
        }
        events.push_back(std::move(event));
    }
    append_consent(db, events);
    db.commit();
}

// A migrated database; the connection must be closed again where only one may be open.
inline std::unique_ptr<Connection> migrated(const TestDatabase& database) {
    auto db = database.connect();
    const Status done = migrate(*db, embedded_migrations(), from_ms(1'700'000'000'000));
    EXPECT_TRUE(done) << done.error().message();
    return db;
}

}  // namespace tocsin::store
