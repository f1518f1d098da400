#include "store/signals.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Signals : public EachEngineVerbs {
  protected:
    void insert(std::int64_t seq, Time at) {
        db_->execute(
            "INSERT INTO signal (seq, topic, subject, detail, node_id, at) "
            "VALUES ($1, 'released', 7, 8, 'one', $2)",
            {seq, at});
    }
    std::vector<std::int64_t> kept() {
        std::vector<std::int64_t> out;
        for (const Signal& signal : signals_after(*db_, 0, 100)) {
            out.push_back(signal.seq);
        }
        return out;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, Signals, kEngines, engine_name);

TEST_P(Signals, AreReadInOrderAndInPieces) {
    EXPECT_EQ(newest_signal(*db_), 0);
    for (const std::int64_t seq : {5, 3, 9}) {
        insert(seq, now_ + Seconds(seq));
    }
    EXPECT_EQ(newest_signal(*db_), 9);
    const auto piece = signals_after(*db_, 3, 1);
    ASSERT_EQ(piece.size(), 1U);
    EXPECT_EQ(piece[0].seq, 5);
    EXPECT_EQ(piece[0].topic, topic::kReleased);
    EXPECT_EQ(piece[0].subject, 7);
    EXPECT_EQ(piece[0].detail, 8);
    EXPECT_EQ(piece[0].node, "one");
    EXPECT_EQ(piece[0].at, now_ + Seconds(5));
}

TEST_P(Signals, OldOnesAreForgottenButNeverTheNewest) {
    EXPECT_EQ(purge_signals(*db_, now_), 0);
    for (std::int64_t seq = 1; seq <= 4; ++seq) {
        insert(seq, now_ + Seconds(seq));
    }
    EXPECT_EQ(purge_signals(*db_, now_ + Seconds(3)), 2);
    EXPECT_EQ(kept(), (std::vector<std::int64_t>{3, 4}));
    EXPECT_EQ(purge_signals(*db_, now_ + Seconds(100)), 1);
    EXPECT_EQ(kept(), (std::vector<std::int64_t>{4}));
}

// A database whose clock was set back for a while: no hole in the middle.
TEST_P(Signals, AreForgottenFromTheBeginningWhateverTheirTimes) {
    insert(1, now_);
    insert(2, now_ + Seconds(50));
    insert(3, now_);
    insert(4, now_ + Seconds(50));
    EXPECT_EQ(purge_signals(*db_, now_ + Seconds(10)), 1);
    EXPECT_EQ(kept(), (std::vector<std::int64_t>{2, 3, 4}));
}

}  // namespace
}  // namespace tocsin::store
