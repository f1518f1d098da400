#include "delivery/audience_snapshot.h"

#include "base/limits.h"
#include "delivery/engine_fixture.h"
#include "delivery/stored_partition.h"

namespace tocsin::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AudienceSnapshot : public Newsroom {
  protected:
    std::vector<ChunkRecipient> audience(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<std::vector<ChunkRecipient>> {
                std::vector<ChunkRecipient> all;
                for (std::int64_t i = 0;; ++i) {
                    TRY_AS(const auto stored, load_partition(db, alert, i));
                    if (!stored) {
                        return all;
                    }
                    EXPECT_EQ(stored->row.first_ordinal, all.size());
                    all.insert(all.end(), stored->recipients.begin(), stored->recipients.end());
                }
            })
            .value();
    }
    std::string address(SubscriberId id) {
        return store_
            ->run([&](store::Database& db) -> Result<std::string> {
                return store::find_subscriber(db, id)->address;
            })
            .value();
    }
    void leave(SubscriberId reader, ListId list) {
        store_
            ->run([&](store::Database& db) -> Status {
                store::set_left(db, reader, list, clock_.now());
                return {};
            })
            .value();
    }
    // Gives every recipient of the alert this record.
    void record(AlertId alert, const std::vector<RecordKind>& kinds) {
        store_
            ->run([&](store::Database& db) -> Status {
                const auto claimed = store::claim_partition(
                    db, alert, {.owner = "t", .now = clock_.now(), .until = clock_.now()});
                OutcomeBatch batch{.generation = 1, .records = {}};
                for (std::size_t i = 0; i < kinds.size(); ++i) {
                    batch.records.push_back({.index = static_cast<std::uint32_t>(i),
                                             .kind = kinds[i],
                                             .attempts = 1,
                                             .after_ms = 5,
                                             .reply = "x"});
                }
                CHECK(store::append_outcomes(
                          db, {{claimed->key, claimed->next_seq, encode_batch(batch)}}) ==
                      std::vector{store::Fence::Held});
                return {};
            })
            .value();
    }
};

TEST_F(AudienceSnapshot, SortsByDomainThenIdAndTakesTheSmallestList) {
    const ListId news = add_list("news");
    const ListId sport = add_list("sport");
    const auto readers = add_readers(news, 6);  // b a c b a c
    store_
        ->run([&](store::Database& db) -> Status {
            store::set_active(db, readers[1], sport, clock_.now());
            store::set_left(db, readers[4], news, clock_.now());
            store::set_active(db, readers[4], sport, clock_.now());
            return {};
        })
        .value();
    const AlertId alert = release({.lists = {news, sport}});
    const std::vector<ChunkRecipient> all = audience(alert);
    ASSERT_THAT(all, SizeIs(6));
    std::vector<std::string> addresses;
    for (const ChunkRecipient& recipient : all) {
        addresses.push_back(address(recipient.subscriber));
    }
    EXPECT_THAT(addresses,
                ElementsAre("reader1@a.example", "reader4@a.example", "reader0@b.example",
                            "reader3@b.example", "reader2@c.example", "reader5@c.example"));
    EXPECT_EQ(all[0].list, news);
    EXPECT_EQ(all[1].list, sport);
}

TEST_F(AudienceSnapshot, OnlyActiveSubscriptionsCount) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 3);
    leave(readers[0], news);
    store_
        ->run([&](store::Database& db) -> Status {
            store::set_left(db, readers[1], news, clock_.now());
            store::set_pending(db, readers[1], news, clock_.now());
            return {};
        })
        .value();
    const AlertId alert = release({.lists = {news}});
    EXPECT_THAT(audience(alert), ElementsAre(ChunkRecipient{readers[2], news}));
}

// The two ways of reading (sorting a few, scanning for many) give the same order.
TEST_F(AudienceSnapshot, ASmallListAmongManyReadersIsSortedAlike) {
    const ListId all = add_list("all");
    const ListId few = add_list("few");
    const auto readers = add_readers(all, 300);
    store_
        ->run([&](store::Database& db) -> Status {
            for (std::size_t i = 0; i < readers.size(); i += 30) {
                store::set_active(db, readers[i], few, clock_.now());
            }
            return {};
        })
        .value();
    std::vector<SubscriberId> wanted;
    for (const ChunkRecipient& recipient : audience(release({.lists = {all}}))) {
        if ((recipient.subscriber.value() - readers[0].value()) % 30 == 0) {
            wanted.push_back(recipient.subscriber);
        }
    }
    std::vector<SubscriberId> got;
    for (const ChunkRecipient& recipient : audience(release({.lists = {few}}))) {
        got.push_back(recipient.subscriber);
    }
    EXPECT_EQ(got, wanted);
    EXPECT_THAT(got, SizeIs(10));
}

TEST_F(AudienceSnapshot, CutsPartitionsByDomainAndSize) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 3 * 3'335);  // over three domains
    const AlertId alert = release({.lists = {news}});
    EXPECT_THAT(audience(alert), SizeIs(readers.size()));
    const auto sums = store_->run([&](store::Database& db) -> Result<store::PartitionSums> {
        return store::sum_partitions(db, alert);
    });
    EXPECT_EQ(sums->partitions, 3U);
    EXPECT_EQ(sums->audience, readers.size());
}

TEST_F(AudienceSnapshot, ClaimsNoPartitionOfAnExcludedDomain) {
    const ListId news = add_list("news");
    add_readers(news, 3 * static_cast<int>(limits::kPartitionDomainRecipients));
    const AlertId alert = release({.lists = {news}});
    const auto claim = [&](const std::vector<std::string>& excluded) {
        return store_
            ->run([&](store::Database& db) -> Result<std::string> {
                const store::LeaseTerms terms{
                    .owner = "t", .now = clock_.now(), .until = clock_.now() + Seconds(60)};
                const auto claimed = store::claim_partition(db, alert, terms, excluded);
                return claimed ? claimed->domain : "none";
            })
            .value();
    };
    EXPECT_EQ(claim({"a.example", "c.example"}), "b.example");
    EXPECT_EQ(claim({"a.example", "c.example"}), "none");
    EXPECT_EQ(claim({"c.example"}), "a.example");
    EXPECT_EQ(claim({}), "c.example");
    EXPECT_EQ(claim({}), "none");
}

TEST_F(AudienceSnapshot, AnEmptyAudienceNamesTheLists) {
    const ListId news = add_list("news");
    const ListId sport = add_list("sport");
    EXPECT_EQ(try_release({.lists = {news}}).error().message(),
              "nobody would get this: list news has no active subscriber");
    EXPECT_EQ(try_release({.lists = {news, sport}}).error().message(),
              "nobody would get this: lists news, sport have no active subscriber");
}

TEST_F(AudienceSnapshot, ACorrectionGoesToThoseReachedWhoHaveNotLeft) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 24);
    const AlertId original = release({.lists = {news}});
    const std::vector<ChunkRecipient> all = audience(original);
    std::vector<RecordKind> kinds;
    for (std::size_t i = 0; i < 16; ++i) {
        kinds.push_back(static_cast<RecordKind>(i % kRecordKinds));
    }
    record(original, kinds);         // the last eight have no record
    leave(all[8].subscriber, news);  // was delivered
    const AlertId correction =
        release({.lists = {news}, .kind = model::AlertKind::Correction, .of = original});
    std::vector<SubscriberId> got;
    for (const ChunkRecipient& recipient : audience(correction)) {
        got.push_back(recipient.subscriber);
    }
    // delivered, unknown, maybe delivered, intent; of the second eight without the first.
    EXPECT_THAT(
        got, ElementsAre(all[0].subscriber, all[4].subscriber, all[6].subscriber, all[7].subscriber,
                         all[12].subscriber, all[14].subscriber, all[15].subscriber));
}

TEST_F(AudienceSnapshot, ACorrectionOfWhatReachedNobodyIsAnError) {
    const ListId news = add_list("news");
    add_readers(news, 3);
    const AlertId original = release({.lists = {news}});
    const auto correction =
        try_release({.lists = {news}, .kind = model::AlertKind::Retraction, .of = original});
    ASSERT_FALSE(correction);
    EXPECT_THAT(correction.error().message(), HasSubstr("reached no one"));
}

TEST_F(AudienceSnapshot, CountingWritesNothing) {
    const ListId news = add_list("news");
    add_readers(news, 7);
    const auto count = store_->run([&](store::Database& db) {
        return count_audience(
            db, {.alert = {}, .kind = model::AlertKind::Alert, .of = {}, .lists = {news}});
    });
    EXPECT_EQ(*count, 7U);
    const auto rows = store_->run([](store::Database& db) -> Result<std::int64_t> {
        return db.query("SELECT COUNT(*) FROM partition")[0].integer(0);
    });
    EXPECT_EQ(*rows, 0);
}

TEST_F(AudienceSnapshot, AnErasedReaderLeavesNoTrace) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 3);
    server_.script([](const std::string& rcpt, int) {
        return rcpt == "reader1@a.example" ? reply(550, "5.1.1", "<reader1@a.example> unknown")
                                           : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {news}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    store_
        ->run([&](store::Database& db) -> Status {
            store::delete_subscriber(db, readers[1]);
            return {};
        })
        .value();
    bool found = false;
    for (const LedgerLine& line : lines(alert)) {
        if (line.outcome == "failed") {
            found = true;
            EXPECT_EQ(line.address, "");
            EXPECT_EQ(line.message_id, "");
            EXPECT_EQ(line.reply, "550 5.1.1 <> unknown");
        }
    }
    EXPECT_TRUE(found);
    expect_accounted(alert);
}

TEST_F(AudienceSnapshot, TheProofNoticesWhatDoesNotAddUp) {
    const ListId news = add_list("news");
    add_readers(news, 5);
    start_engine();
    const AlertId alert = release({.lists = {news}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_THAT(check(alert).problems, IsEmpty());
    store_
        ->run([](store::Database& db) -> Status {
            db.execute("UPDATE partition SET delivered = delivered - 1, failed = failed + 1");
            return {};
        })
        .value();
    EXPECT_THAT(check(alert).problems, ElementsAre(HasSubstr("do not add up")));
    store_
        ->run([](store::Database& db) -> Status {
            db.execute("UPDATE partition SET outcomes = $1", {store::Blob{"L\x01 nonsense......"}});
            return {};
        })
        .value();
    EXPECT_THAT(check(alert).problems, ::testing::Contains(HasSubstr("damaged")));
}

}  // namespace
}  // namespace tocsin::delivery
