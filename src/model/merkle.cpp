#include "model/merkle.h"

#include <bit>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"

namespace tocsin::model {

namespace {

// The largest power of two below n.
std::uint64_t split_of(std::uint64_t n) {
    return std::bit_floor(n - 1);
}

// MTH(D[begin:end]); begin is a multiple of the largest power of two up to end - begin.
std::string range_hash(std::uint64_t begin, std::uint64_t end, const SubtreeHash& subtree) {
    const std::uint64_t leaves = end - begin;
    if (std::has_single_bit(leaves)) {
        const auto level = static_cast<unsigned>(std::countr_zero(leaves));
        return subtree({level, begin >> level});
    }
    const std::uint64_t split = split_of(leaves);
    return merkle_node_hash(range_hash(begin, begin + split, subtree),
                            range_hash(begin + split, end, subtree));
}

}  // namespace

std::string merkle_empty_root() {
    return sha256({});
}

std::string merkle_leaf_hash(std::string_view data) {
    std::string bytes(1, '\0');
    bytes += data;
    return sha256(bytes);
}

std::string merkle_node_hash(std::string_view left, std::string_view right) {
    std::string bytes(1, '\1');
    bytes += left;
    bytes += right;
    return sha256(bytes);
}

std::optional<TreeFrontier> TreeFrontier::read(std::uint64_t size, std::string_view bytes) {
    const auto peaks = static_cast<std::size_t>(std::popcount(size));
    if (bytes.size() != peaks * kSha256Bytes) {
        return std::nullopt;
    }
    TreeFrontier frontier;
    frontier.size_ = size;
    for (std::size_t i = 0; i < peaks; ++i) {
        frontier.peaks_.emplace_back(bytes.substr(i * kSha256Bytes, kSha256Bytes));
    }
    return frontier;
}

// Like a binary counter: the new leaf merges with as many perfect subtrees as the size has ones at
// its end.
void TreeFrontier::append(std::string leaf_hash, const OnNode& on_node) {
    std::string hash = std::move(leaf_hash);
    const auto merges = static_cast<unsigned>(std::countr_one(size_));
    for (unsigned level = 1; level <= merges; ++level) {
        hash = merkle_node_hash(peaks_.back(), hash);
        peaks_.pop_back();
        if (on_node) {
            on_node({level, size_ >> level}, hash);
        }
    }
    peaks_.push_back(std::move(hash));
    ++size_;
}

std::string TreeFrontier::root() const {
    if (peaks_.empty()) {
        return merkle_empty_root();
    }
    std::string hash = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i-- > 0;) {
        hash = merkle_node_hash(peaks_[i], hash);
    }
    return hash;
}

std::string TreeFrontier::bytes() const {
    std::string out;
    for (const std::string& peak : peaks_) {
        out += peak;
    }
    return out;
}

std::string merkle_root(std::uint64_t size, const SubtreeHash& subtree) {
    return size == 0 ? merkle_empty_root() : range_hash(0, size, subtree);
}

std::vector<std::string> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                         const SubtreeHash& subtree) {
    CHECK(index < size);
    std::vector<std::string> down;  // from the root towards the leaf
    std::uint64_t begin = 0;
    std::uint64_t end = size;
    while (end - begin > 1) {
        const std::uint64_t middle = begin + split_of(end - begin);
        if (index < middle) {
            down.push_back(range_hash(middle, end, subtree));
            end = middle;
        } else {
            down.push_back(range_hash(begin, middle, subtree));
            begin = middle;
        }
    }
    return {down.rbegin(), down.rend()};
}

std::vector<std::string> consistency_proof(std::uint64_t first, std::uint64_t second,
                                           const SubtreeHash& subtree) {
    CHECK(first <= second);
    if (first == 0 || first == second) {
        return {};
    }
    std::vector<std::string> down;
    std::uint64_t begin = 0;
    std::uint64_t end = second;
    while (first < end) {
        const std::uint64_t middle = begin + split_of(end - begin);
        if (first <= middle) {
            down.push_back(range_hash(middle, end, subtree));
            end = middle;
        } else {
            down.push_back(range_hash(begin, middle, subtree));
            begin = middle;
        }
    }
    // What is left is the last subtree of the old tree; the whole old tree is known to who asks.
    if (begin > 0) {
        down.push_back(range_hash(begin, end, subtree));
    }
    return {down.rbegin(), down.rend()};
}

bool verify_inclusion(std::string_view leaf_hash, std::uint64_t index, std::uint64_t size,
                      const std::vector<std::string>& proof, std::string_view root) {
    if (index >= size) {
        return false;
    }
    std::uint64_t node = index;
    std::uint64_t last = size - 1;
    std::string hash(leaf_hash);
    for (const std::string& sibling : proof) {
        if (last == 0) {
            return false;
        }
        if ((node & 1) != 0 || node == last) {
            hash = merkle_node_hash(sibling, hash);
            const int skipped = std::countr_zero(node);
            node >>= skipped;
            last >>= skipped;
        } else {
            hash = merkle_node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash == root;
}

bool verify_consistency(const TreeHead& first, const TreeHead& second,
                        const std::vector<std::string>& proof) {
    if (first.size > second.size) {
        return false;
    }
    if (first.size == second.size) {
        return proof.empty() && first.root == second.root;
    }
    if (first.size == 0) {
        return proof.empty() && first.root == merkle_empty_root();
    }
    if (proof.empty()) {
        return false;
    }
    std::uint64_t node = first.size - 1;
    std::uint64_t last = second.size - 1;
    const int shared = std::countr_one(node);
    node >>= shared;
    last >>= shared;
    auto next = proof.begin();
    // Where the old tree is perfect, its root is the first hash, which the proof leaves out.
    std::string old_hash = std::has_single_bit(first.size) ? first.root : *next++;
    std::string new_hash = old_hash;
    for (; next != proof.end(); ++next) {
        if (last == 0) {
            return false;
        }
        if ((node & 1) != 0 || node == last) {
            old_hash = merkle_node_hash(*next, old_hash);
            new_hash = merkle_node_hash(*next, new_hash);
            const int skipped = std::countr_zero(node);
            node >>= skipped;
            last >>= skipped;
        } else {
            new_hash = merkle_node_hash(new_hash, *next);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && old_hash == first.root && new_hash == second.root;
}

}  // namespace tocsin::model
