// Every order of events: sign-ups, confirmations, departures, suppressions, erasures and purges
// between the steps of preparations, and releases between those.
#include <algorithm>

#include "base/random.h"
#include "base/test_seed.h"
#include "delivery/prepared_audience_fixture.h"
#include "store/consent_retention.h"

namespace tocsin::delivery {
namespace {

using Need = PreparedAudiences::Need;

class Readership {
  public:
    Readership(SeededRandom& random, std::vector<ListId> lists)
        : random_(random), lists_(std::move(lists)) {}

    // One thing that may happen to a reader.
    void happen(store::Database& db, Time now,
                const std::function<SubscriberId(store::Database&, const std::string&)>& add) {
        switch (readers_.empty() ? 0 : random_.below(8)) {
            case 0:
                store::set_pending(db, join(db, add), list(), now);
                break;
            case 1:
                store::set_active(db, join(db, add), list(), now);
                break;
            case 2:
                store::set_active(db, reader(), list(), now);
                break;
            case 3:
                store::set_pending(db, reader(), list(), now);
                break;
            case 4:
                store::set_left(db, reader(), list(), now);
                break;
            case 5:
                leave_all(db, now);
                break;  // suppressed
            case 6:
                erase(db, random_.below(2) == 0 ? newest() : place());
                break;
            default:
                for (const auto& reader : store::unconfirmed_readers(db, now, 2)) {
                    store::delete_subscriber(db, reader.id);
                }
                break;
        }
    }

  private:
    SubscriberId join(
        store::Database& db,
        const std::function<SubscriberId(store::Database&, const std::string&)>& add) {
        const std::string domain = "d" + std::to_string(random_.below(9)) + ".example";
        readers_.push_back(add(db, domain));
        return readers_.back();
    }
    ListId list() { return lists_[random_.below(lists_.size())]; }
    std::size_t place() { return random_.below(readers_.size()); }
    SubscriberId reader() { return readers_[place()]; }
    std::size_t newest() const {
        return static_cast<std::size_t>(std::max_element(readers_.begin(), readers_.end()) -
                                        readers_.begin());
    }
    void leave_all(store::Database& db, Time now) {
        const SubscriberId who = reader();
        for (const ListId list : lists_) {
            store::set_left(db, who, list, now);
        }
    }
    void erase(store::Database& db, std::size_t which) {
        store::delete_subscriber(db, readers_[which]);
        readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which));
    }

    SeededRandom& random_;
    std::vector<ListId> lists_;
    std::vector<SubscriberId> readers_;  // some may be gone: purged
};

TEST_F(PreparedAudience, EveryOrderOfEventsGivesTheAudienceOfAFullFreeze) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    const ListId a = add_list("a");
    const ListId b = add_list("b");
    const ListId c = add_list("c");
    const std::vector<model::AudienceLists> orders = {
        {a}, {a, b}, {c, a}, {b, c}, {a, b, c}, {{a, b}, {c}}, {{b}, {a, c}}};
    Readership readership(random, {a, b, c});
    const auto add = [this](store::Database& db, const std::string& domain) {
        return add_reader(db, domain);
    };
    const auto happen = [&](std::uint64_t times) {
        const auto done = run([&](store::Database& db) -> Status {
            for (std::uint64_t i = 0; i < times; ++i) {
                readership.happen(db, clock_.now(), add);
            }
            return {};
        });
        ASSERT_TRUE(done);
    };
    happen(400);
    std::vector<std::shared_ptr<Preparation>> preparations;
    int quick = 0;
    for (int turn = 0; turn < 4'000 && !HasFailure(); ++turn) {
        const model::AudienceLists& lists = orders[random.below(orders.size())];
        switch (random.below(12)) {
            case 0:
                preparations.push_back(begin(lists));
                break;
            case 1:
                clock_.step_wall(Milliseconds(random.below(2'000'000)) - Milliseconds(1'000'000));
                break;
            case 2: {
                const auto used = begin(lists, Need::Now);
                quick += used && used->ready() ? 1 : 0;
                expect_equal_freeze(lists);
                break;
            }
            case 3:
            case 4:
                happen(1 + random.below(6));
                break;
            default:
                if (!preparations.empty()) {
                    const auto which = random.below(preparations.size());
                    if (!preparations[which] || advance(*preparations[which])) {
                        preparations.erase(preparations.begin() +
                                           static_cast<std::ptrdiff_t>(which));
                    }
                }
                break;
        }
    }
    EXPECT_GT(quick, 20);
}

}  // namespace
}  // namespace tocsin::delivery
