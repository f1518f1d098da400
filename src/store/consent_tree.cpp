#include "store/consent_tree.h"

#include "base/check.h"

namespace tocsin::store {

namespace {

// What an append catches up by itself: a few milliseconds.
constexpr std::int64_t kCatchUpInline = 256;

void insert_node(Database& db, model::TreeNode node, const std::string& hash) {
    if (node.level % kConsentLevelStep == 0) {
        db.execute(
            "INSERT INTO consent_node (level, idx, hash) VALUES ($1, $2, $3) "
            "ON CONFLICT (level, idx) DO UPDATE SET hash = $3",
            {static_cast<std::int64_t>(node.level), node.index, Blob{hash}});
    }
}

void add_entry(Database& db, model::TreeFrontier& tree, const model::ConsentEntry& entry) {
    tree.append(
        entry.format == 1 ? model::consent_leaf(entry) : entry.hash,
        [&db](model::TreeNode node, const std::string& hash) { insert_node(db, node, hash); });
}

std::optional<model::TreeFrontier> stored_frontier(const ConsentHead& head) {
    return model::TreeFrontier::read(static_cast<std::uint64_t>(head.tree_size), head.frontier);
}

void catch_up(Database& db, model::TreeFrontier& tree, std::int64_t limit) {
    for (const auto& entry :
         consent_after(db, static_cast<std::int64_t>(tree.size()), static_cast<int>(limit))) {
        add_entry(db, tree, entry);
    }
}

// A perfect subtree from the nearest stored level, or from the entries themselves.
std::string subtree_hash(Database& db, model::TreeNode node) {
    const unsigned below = node.level % kConsentLevelStep;
    const std::uint64_t count = std::uint64_t{1} << below;
    const std::uint64_t first = node.index << below;
    model::TreeFrontier tree;
    if (node.level == below) {
        for (const auto& entry :
             consent_after(db, static_cast<std::int64_t>(first), static_cast<int>(count))) {
            tree.append(model::consent_leaf(entry));
        }
    } else {
        for (const StoredNode& stored : consent_nodes(db, node.level - below, first, count)) {
            tree.append(stored.hash);
        }
    }
    return tree.root();
}

model::SubtreeHash subtrees_of(Database& db) {
    return [&db](model::TreeNode node) { return subtree_hash(db, node); };
}

}  // namespace

GrowingConsentTree::GrowingConsentTree(Database& db, const ConsentHead& head) : db_(db) {
    if (head.seq - head.tree_size > kCatchUpInline) {
        return;
    }
    tree_ = stored_frontier(head);
    if (tree_ && head.tree_size < head.seq) {
        catch_up(db, *tree_, head.seq - head.tree_size);
    }
}

void GrowingConsentTree::append(const model::ConsentEntry& entry) {
    if (tree_) {
        add_entry(db_, *tree_, entry);
    }
}

void GrowingConsentTree::save(const ConsentHead& head) {
    const std::int64_t size = tree_ ? static_cast<std::int64_t>(tree_->size()) : head.tree_size;
    const Blob frontier{tree_ ? tree_->bytes() : head.frontier};
    db_.execute(
        "INSERT INTO consent_head (id, seq, hash, tree_size, frontier) VALUES (1, $1, $2, $3, $4) "
        "ON CONFLICT (id) DO UPDATE SET seq = $1, hash = $2, tree_size = $3, frontier = $4",
        {head.seq, Blob{head.hash}, size, frontier});
}

Result<std::int64_t> grow_consent_tree(Database& db, std::int64_t limit) {
    const ConsentHead head = consent_head(db);
    if (head.tree_size >= head.seq) {
        return std::int64_t{0};
    }
    auto tree = stored_frontier(head);
    if (!tree) {
        return Error(ErrorKind::Corrupt, "the consent tree's frontier is damaged");
    }
    catch_up(db, *tree, limit);
    const auto size = static_cast<std::int64_t>(tree->size());
    db.execute("UPDATE consent_head SET tree_size = $1, frontier = $2 WHERE id = 1",
               {size, Blob{tree->bytes()}});
    return head.seq - size;
}

std::string consent_tree_root(Database& db, std::int64_t size) {
    return model::merkle_root(static_cast<std::uint64_t>(size), subtrees_of(db));
}

std::vector<std::string> consent_inclusion(Database& db, std::int64_t seq, std::int64_t size) {
    CHECK(seq > 0);
    return model::inclusion_proof(static_cast<std::uint64_t>(seq - 1),
                                  static_cast<std::uint64_t>(size), subtrees_of(db));
}

std::vector<std::string> consent_consistency(Database& db, std::int64_t first,
                                             std::int64_t second) {
    return model::consistency_proof(static_cast<std::uint64_t>(first),
                                    static_cast<std::uint64_t>(second), subtrees_of(db));
}

std::vector<StoredNode> consent_nodes(Database& db, unsigned level, std::uint64_t index,
                                      std::uint64_t count) {
    std::vector<StoredNode> out;
    db.for_each(
        "SELECT idx, hash FROM consent_node WHERE level = $1 AND idx >= $2 AND idx < $3 "
        "ORDER BY idx",
        {static_cast<std::int64_t>(level), index, index + count}, [&out](const Row& row) {
            out.push_back({static_cast<std::uint64_t>(row.integer(0)), row.blob(1)});
        });
    return out;
}

std::optional<CheckpointRow> last_checkpoint(Database& db) {
    const auto row =
        db.first("SELECT size, at, note FROM consent_checkpoint ORDER BY size DESC LIMIT 1");
    return row ? std::optional(CheckpointRow{row->integer(0), row->time(1), row->text(2)})
               : std::nullopt;
}

std::vector<CheckpointRow> checkpoints_after(Database& db, std::int64_t size, int limit) {
    std::vector<CheckpointRow> out;
    db.for_each(
        "SELECT size, at, note FROM consent_checkpoint WHERE size > $1 ORDER BY size LIMIT $2",
        {size, limit},
        [&out](const Row& row) { out.push_back({row.integer(0), row.time(1), row.text(2)}); });
    return out;
}

void insert_checkpoint(Database& db, const CheckpointRow& checkpoint) {
    db.execute("INSERT INTO consent_checkpoint (size, at, note) VALUES ($1, $2, $3)",
               {checkpoint.size, checkpoint.at, checkpoint.note});
}

}  // namespace tocsin::store
