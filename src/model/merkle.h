// The Merkle tree of RFC 6962 (RFC 9162 section 2): hashes, proofs, and how to grow one entry by
// entry.
//
//   MTH({})      = SHA-256("")
//   MTH({d})     = SHA-256(0x00 || d)                                        a leaf
//   MTH(D[n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))               k: the largest power
//                                                                            of two below n
//
// A subtree whose leaves are 2^level and begin at a multiple of that is perfect: its hash never
// changes once its last leaf is there. TreeFrontier keeps the perfect subtrees that make up the
// tree so far, one a bit of the size, so that an append costs one hash on the average. Proofs ask
// for perfect subtrees by (level, index) and combine O(log n) of them.
//
// Plain values and functions; any thread. Hashes are 32 raw bytes. A proof from elsewhere is
// checked, never trusted; asking for a proof that cannot exist (index beyond the size) CHECKs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::model {

std::string merkle_empty_root();
std::string merkle_leaf_hash(std::string_view data);
std::string merkle_node_hash(std::string_view left, std::string_view right);

// Leaves index << level up to (index + 1) << level, not included.
struct TreeNode {
    unsigned level = 0;
    std::uint64_t index = 0;

    friend bool operator==(const TreeNode&, const TreeNode&) = default;
};

class TreeFrontier {
  public:
    TreeFrontier() = default;
    // Of bytes() and the size that belongs to them; nothing if they cannot.
    static std::optional<TreeFrontier> read(std::uint64_t size, std::string_view bytes);

    // `on_node` hears of every subtree, above the leaves, that this leaf makes perfect.
    using OnNode = std::function<void(TreeNode node, const std::string& hash)>;
    void append(std::string leaf_hash, const OnNode& on_node = {});

    std::uint64_t size() const { return size_; }
    std::string root() const;
    // The subtrees' hashes, largest first.
    std::string bytes() const;

    friend bool operator==(const TreeFrontier&, const TreeFrontier&) = default;

  private:
    std::uint64_t size_ = 0;
    std::vector<std::string> peaks_;  // largest subtree first
};

// The hash of a perfect subtree.
using SubtreeHash = std::function<std::string(TreeNode)>;

// The root of the first `size` leaves.
std::string merkle_root(std::uint64_t size, const SubtreeHash& subtree);
// PATH(index, D[size]): from the leaf's sibling up.
std::vector<std::string> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                         const SubtreeHash& subtree);
// PROOF(first, D[second]); empty where first is 0 or equal to second.
std::vector<std::string> consistency_proof(std::uint64_t first, std::uint64_t second,
                                           const SubtreeHash& subtree);

// RFC 9162 section 2.1.3.2.
bool verify_inclusion(std::string_view leaf_hash, std::uint64_t index, std::uint64_t size,
                      const std::vector<std::string>& proof, std::string_view root);
// RFC 9162 section 2.1.4.2: the tree of `second` leaves begins with that of `first`.
struct TreeHead {
    std::uint64_t size = 0;
    std::string root;
};
bool verify_consistency(const TreeHead& first, const TreeHead& second,
                        const std::vector<std::string>& proof);

}  // namespace tocsin::model
