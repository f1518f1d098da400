#include "model/merkle.h"

#include <map>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/crypto.h"

namespace tocsin::model {
namespace {

// The leaves and roots that certificate transparency's own tests use.
const std::vector<std::string> kLeaves = {"",
                                          "00",
                                          "10",
                                          "2021",
                                          "3031",
                                          "40414243",
                                          "50515253"
                                          "54555657",
                                          "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

// MTH as the RFC writes it.
std::string plain_root(const std::vector<std::string>& leaves) {
    if (leaves.empty()) {
        return sha256({});
    }
    if (leaves.size() == 1) {
        return leaves[0];
    }
    std::size_t split = 1;
    while (split * 2 < leaves.size()) {
        split *= 2;
    }
    const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
    return merkle_node_hash(plain_root({leaves.begin(), middle}),
                            plain_root({middle, leaves.end()}));
}

// A grown tree that remembers every perfect subtree.
struct Tree {
    explicit Tree(std::uint64_t size) {
        for (std::uint64_t i = 0; i < size; ++i) {
            leaves.push_back(merkle_leaf_hash(std::to_string(i)));
            nodes[{0, i}] = leaves.back();
            frontier.append(leaves.back(), [this](TreeNode node, const std::string& hash) {
                nodes[{node.level, node.index}] = hash;
            });
        }
    }
    SubtreeHash subtrees() const {
        return [this](TreeNode node) {
            ++asked;
            return nodes.at({node.level, node.index});
        };
    }
    std::string root(std::uint64_t size) const {
        return plain_root({leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size)});
    }

    std::vector<std::string> leaves;
    std::map<std::pair<unsigned, std::uint64_t>, std::string> nodes;
    TreeFrontier frontier;
    mutable int asked = 0;
};

TEST(Merkle, RootsAreThoseOfCertificateTransparency) {
    TreeFrontier frontier;
    EXPECT_EQ(frontier.root(), sha256({}));
    for (std::size_t i = 0; i < kLeaves.size(); ++i) {
        frontier.append(merkle_leaf_hash(*hex_decode(kLeaves[i])));
        EXPECT_EQ(hex_encode(frontier.root()), kRoots[i]) << i + 1;
    }
}

TEST(Merkle, AFrontierSurvivesBeingWrittenDown) {
    const Tree tree(77);
    TreeFrontier frontier;
    for (const std::string& leaf : tree.leaves) {
        const auto read = TreeFrontier::read(frontier.size(), frontier.bytes());
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, frontier);
        frontier.append(leaf);
    }
    EXPECT_EQ(frontier.root(), tree.root(77));
    EXPECT_FALSE(TreeFrontier::read(3, std::string(32, 'x')));
    EXPECT_FALSE(TreeFrontier::read(0, std::string(32, 'x')));
}

TEST(Merkle, EveryInclusionProofVerifiesAndNoOther) {
    const Tree tree(70);
    for (std::uint64_t size = 1; size <= 70; ++size) {
        const std::string root = merkle_root(size, tree.subtrees());
        ASSERT_EQ(root, tree.root(size));
        for (std::uint64_t i = 0; i < size; ++i) {
            auto proof = inclusion_proof(i, size, tree.subtrees());
            EXPECT_TRUE(verify_inclusion(tree.leaves[i], i, size, proof, root));
            EXPECT_FALSE(verify_inclusion(tree.leaves[i], i ^ 1, size, proof, root));
            EXPECT_FALSE(verify_inclusion(tree.leaves[(i + 1) % 70], i, size, proof, root));
            EXPECT_FALSE(
                verify_inclusion(tree.leaves[i], i, size, proof, tree.root(size % 70 + 1)));
            EXPECT_FALSE(verify_inclusion(tree.leaves[i], size, size, proof, root));
            proof.push_back(root);
            EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, size, proof, root));
            proof.pop_back();
            if (!proof.empty()) {
                proof.back()[0] = static_cast<char>(proof.back()[0] ^ 1);
                EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, size, proof, root));
                proof.pop_back();
                EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, size, proof, root));
            }
        }
    }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndNoOther) {
    const Tree tree(70);
    for (std::uint64_t second = 0; second <= 70; ++second) {
        const TreeHead now{second, tree.root(second)};
        for (std::uint64_t first = 0; first <= second; ++first) {
            const TreeHead then{first, tree.root(first)};
            auto proof = consistency_proof(first, second, tree.subtrees());
            EXPECT_TRUE(verify_consistency(then, now, proof)) << first << " " << second;
            TreeHead other = then;
            other.root[7] = static_cast<char>(other.root[7] ^ 4);
            EXPECT_FALSE(verify_consistency(other, now, proof));
            if (first > 0 && first < second) {
                TreeHead later = now;
                later.root[0] = static_cast<char>(later.root[0] ^ 1);
                EXPECT_FALSE(verify_consistency(then, later, proof));
                proof.pop_back();
                EXPECT_FALSE(verify_consistency(then, now, proof));
            }
        }
    }
    EXPECT_FALSE(verify_consistency({3, tree.root(3)}, {2, tree.root(2)}, {}));
}

TEST(Merkle, ProofsAskForFewSubtrees) {
    const Tree tree(5'000);
    inclusion_proof(4'999, 5'000, tree.subtrees());
    inclusion_proof(0, 5'000, tree.subtrees());
    consistency_proof(2'501, 4'999, tree.subtrees());
    EXPECT_LT(tree.asked, 3 * 2 * 13);
}

}  // namespace
}  // namespace tocsin::model
