#include "app/node_service.h"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/version.h"
#include "store/migrate.h"
#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class NodeServiceTest : public testing::Test {
  protected:
    NodeServiceTest() : store_(*store::Store::open(folder_.url(), clock_)) {
        config_.store.url = folder_.url();
        config_.node.name = "alerts-1";
        config_.control.socket = folder_.file("tocsin.sock");
    }

    std::vector<store::NodeView> nodes() {
        const auto look = [this](store::Database& db) -> Result<std::vector<store::NodeView>> {
            return store::load_nodes(db, clock_.now());
        };
        return *store_->run(look);
    }
    std::unique_ptr<NodeService> make() {
        return std::make_unique<NodeService>(io_, *store_, clock_, config_,
                                             node_identity(config_, random_), Milliseconds(0));
    }
    // Until the first heartbeat was heard and there is nothing left to do but to wait.
    void beat_once(NodeService& node, NodeHooks hooks) {
        bool heard = false;
        hooks.set_shares = [&heard](const std::map<std::string, store::NodeShare>& shares) {
            EXPECT_TRUE(shares.contains("Google"));
            heard = true;
        };
        boost::asio::co_spawn(io_, node.run(std::move(hooks)),
                              [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
        while (!heard) {
            io_.run_one();
        }
        io_.stop();
    }

    FakeClock machine_;
    SharedClock clock_{machine_};
    SeededRandom random_{3};
    store::TempFolder folder_;
    std::unique_ptr<store::Store> store_;
    Config config_;
    boost::asio::io_context io_;
};

TEST_F(NodeServiceTest, EntersTheRegisterAndLeavesNothingBehind) {
    const auto node = make();
    ASSERT_TRUE(node->enter());
    ASSERT_THAT(nodes(), SizeIs(1));
    const store::NodeView seen = nodes().front();
    EXPECT_EQ(seen.row.id, node->id());
    EXPECT_THAT(seen.row.id, testing::MatchesRegex("alerts-1-[0-9a-f]{8}"));
    EXPECT_EQ(seen.row.role, "all");
    EXPECT_EQ(seen.row.version, kVersion);
    EXPECT_EQ(seen.row.schema_version, store::embedded_migrations().back().version);
    EXPECT_TRUE(seen.alive);
    node->leave();
    EXPECT_THAT(nodes(), SizeIs(0));
}

TEST_F(NodeServiceTest, TakesThePlaceOfOneThatDiedHere) {
    const auto first = make();
    ASSERT_TRUE(first->enter());
    const auto second = make();
    ASSERT_TRUE(second->enter());
    ASSERT_THAT(nodes(), SizeIs(1));
    EXPECT_EQ(nodes().front().row.id, second->id());
    // A node elsewhere is another, whatever it is called.
    config_.control.socket = folder_.file("other.sock");
    ASSERT_TRUE(make()->enter());
    EXPECT_THAT(nodes(), SizeIs(2));
}

TEST_F(NodeServiceTest, SaysWhatItSends) {
    const auto node = make();
    ASSERT_TRUE(node->enter());
    NodeHooks hooks;
    hooks.facts = [] {
        return delivery::NodeFacts{
            .rate = 12.6, .connections = 3, .groups = {"Google"}, .trouble = "the disk is full"};
    };
    machine_.advance(Seconds(2));
    beat_once(*node, hooks);
    const store::NodeView seen = nodes().front();
    EXPECT_EQ(seen.row.seen_at, clock_.now());
    EXPECT_EQ(seen.row.rate, 13);
    EXPECT_EQ(seen.row.connections, 3);
    EXPECT_EQ(seen.row.trouble, "the disk is full");
    EXPECT_THAT(seen.routes, ElementsAre("Google"));
}

}  // namespace
}  // namespace tocsin::app
