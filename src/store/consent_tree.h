// The Merkle tree over the consent entries, as it is stored. Store thread only.
//
// Leaf n is entry n + 1, and is computed from it. Of the perfect subtrees every fourth level is
// stored (consent_node): one row for fifteen entries, and a proof still reads at most 16 rows for
// each four levels. The frontier (consent_head) is what the next entry is added to, so that
// appending reads nothing else.
//
// The tree of an older database begins at its first entry and catches up: at once when little is
// missing, otherwise in steps of grow_consent_tree(), which the service takes at its start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/consent.h"
#include "store/consent.h"
#include "store/database.h"

namespace tocsin::store {

inline constexpr unsigned kConsentLevelStep = 4;  // which levels are stored

// Inside append_consent(): grows the tree with what is appended, or leaves it behind.
class GrowingConsentTree {
  public:
    GrowingConsentTree(Database& db, const ConsentHead& head);
    // The next entry of the chain.
    void append(const model::ConsentEntry& entry);
    // Writes the head, with the frontier.
    void save(const ConsentHead& head);

  private:
    Database& db_;
    std::optional<model::TreeFrontier> tree_;  // none: it is behind, or what was stored is damaged
};

// Adds up to `limit` entries; how many are still missing. Corrupt: the stored frontier is damaged.
Result<std::int64_t> grow_consent_tree(Database& db, std::int64_t limit);

// Of the tree's first `size` entries; size is at most the tree's.
std::string consent_tree_root(Database& db, std::int64_t size);
std::vector<std::string> consent_inclusion(Database& db, std::int64_t seq, std::int64_t size);
std::vector<std::string> consent_consistency(Database& db, std::int64_t first, std::int64_t second);

// Stored subtrees of one level from `index` on, in order.
struct StoredNode {
    std::uint64_t index = 0;
    std::string hash;
};
std::vector<StoredNode> consent_nodes(Database& db, unsigned level, std::uint64_t index,
                                      std::uint64_t count);

struct CheckpointRow {
    std::int64_t size = 0;
    Time at;
    std::string note;
};
std::optional<CheckpointRow> last_checkpoint(Database& db);
// Of trees larger than `size`, in order.
std::vector<CheckpointRow> checkpoints_after(Database& db, std::int64_t size, int limit);
void insert_checkpoint(Database& db, const CheckpointRow& checkpoint);

}  // namespace tocsin::store
