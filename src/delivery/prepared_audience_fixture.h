// For tests: a database with readers, and both ways of freezing their audience.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/crypto.h"
#include "delivery/prepared_audience.h"
#include "store/lists.h"
#include "store/subscribers.h"
#include "store/temp_folder.h"

namespace tocsin::delivery {

// A frozen audience, as it is stored.
struct Frozen {
    std::map<SubscriberId, ListId> recipients;
    std::size_t partitions = 0;
    std::string wrong;  // the first thing that should not be
};

class PreparedAudience : public ::testing::Test {
  protected:
    PreparedAudience() { open(); }

    void open() {
        store_.reset();
        store_ = store::Store::open(folder_.url(), clock_).value();
        prepared_ = std::make_unique<PreparedAudiences>(
            *store_, clock_, PreparedOptions{.recipients_min = 1, .step = 7, .hurried_step = 50});
        CHECK(prepared_->start());
    }
    template <class Fn>
    auto run(Fn fn) {
        return store_->run(std::move(fn));
    }
    void change(const std::function<void(store::Database&)>& fn) {
        CHECK(run([&](store::Database& db) -> Status {
            fn(db);
            return {};
        }));
    }
    ListId add_list(const std::string& slug) {
        return run([&](store::Database& db) { return store::insert_list(db, slug, slug, "", {}); })
            .value()
            .id;
    }
    SubscriberId add_reader(store::Database& db, const std::string& domain) const {
        const std::string address = "r" + std::to_string(++made_) + "@" + domain;
        const std::string digest = sha256(address);
        return store::insert_subscriber(db, {.address = address,
                                             .address_key = address,
                                             .domain = domain,
                                             .smtputf8 = false,
                                             .subject = digest.substr(0, 16),
                                             .salt = digest,
                                             .locale = "en",
                                             .created_at = {}})
            .value();
    }
    std::vector<SubscriberId> add_readers(ListId list, int count, const std::string& domain) {
        std::vector<SubscriberId> ids;
        change([&](store::Database& db) {
            for (int i = 0; i < count; ++i) {
                ids.push_back(add_reader(db, domain));
                store::set_active(db, ids.back(), list, clock_.now());
            }
        });
        return ids;
    }

    static FreezeRequest request(model::AudienceLists lists) {
        return {.alert = {}, .kind = model::AlertKind::Alert, .of = {}, .lists = std::move(lists)};
    }
    std::shared_ptr<Preparation> begin(
        model::AudienceLists lists, PreparedAudiences::Need need = PreparedAudiences::Need::Ahead) {
        return run([&](store::Database& db) -> Result<std::shared_ptr<Preparation>> {
                   return prepared_->begin(db, request(std::move(lists)), need);
               })
            .value();
    }
    bool advance(Preparation& preparation,
                 PreparedAudiences::Need need = PreparedAudiences::Need::Ahead) {
        return run([&](store::Database& db) { return prepared_->advance(db, preparation, need); })
            .value();
    }
    std::shared_ptr<Preparation> prepare(const model::AudienceLists& lists) {
        auto preparation = begin(lists);
        while (preparation && !advance(*preparation)) {
        }
        return preparation;
    }
    std::int64_t count(const std::string& table) {
        return run([&](store::Database& db) -> Result<std::int64_t> {
                   return db.query("SELECT COUNT(*) FROM " + table)[0].integer(0);
               })
            .value();
    }

    static Frozen read(store::Database& db, AlertId alert) {
        Frozen frozen;
        std::uint64_t first = 0;
        for (const store::Row& row :
             db.query("SELECT partition, first_ordinal, recipients, domain FROM partition "
                      "WHERE alert_id = $1 ORDER BY partition",
                      {alert})) {
            const auto number = static_cast<std::int64_t>(frozen.partitions++);
            ChunkReader reader =
                ChunkReader::open(store::load_chunk(db, alert, row.integer(0))).value();
            if (row.integer(0) != number || row.integer(1) != static_cast<std::int64_t>(first) ||
                row.integer(2) != static_cast<std::int64_t>(reader.size()) || reader.size() == 0) {
                frozen.wrong = "the ordinals of partition " + std::to_string(number);
            }
            first += reader.size();
            while (!reader.at_end()) {
                const ChunkRecipient recipient = reader.next();
                const auto reader_row = store::find_subscriber(db, recipient.subscriber);
                if (!frozen.recipients.emplace(recipient.subscriber, recipient.list).second) {
                    frozen.wrong = "somebody is in it twice";
                } else if (!reader_row) {
                    frozen.wrong = "somebody is in it who was erased";
                } else if (!row.text(3).empty() && row.text(3) != reader_row->domain) {
                    frozen.wrong = "a partition has a stranger to its domain";
                }
            }
        }
        return frozen;
    }
    // Both ways in one transaction, which is then rolled back.
    void expect_equal_freeze(const model::AudienceLists& lists) {
        const auto done = run([&](store::Database& db) -> Status {
            FreezeRequest quick = request(lists);
            quick.alert = AlertId(1'000'001);
            FreezeRequest full = request(lists);
            full.alert = AlertId(1'000'002);
            const auto a = prepared_->freeze(db, quick);
            const auto b = freeze_audience(db, full);
            EXPECT_EQ(static_cast<bool>(a), static_cast<bool>(b));
            if (!a || !b) {
                EXPECT_EQ(a.error().message(), b.error().message());
                return invalid("rolled back");
            }
            const Frozen left = read(db, quick.alert);
            const Frozen right = read(db, full.alert);
            EXPECT_EQ(*a, *b);
            EXPECT_EQ(left.recipients.size(), *a);
            EXPECT_EQ(left.recipients, right.recipients);
            EXPECT_EQ(left.wrong, "");
            EXPECT_EQ(right.wrong, "");
            EXPECT_LE(left.partitions, right.partitions + 1);
            return invalid("rolled back");
        });
        EXPECT_FALSE(done);
    }

    store::TempFolder folder_;
    FakeClock clock_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<PreparedAudiences> prepared_;
    mutable int made_ = 0;
};

}  // namespace tocsin::delivery
