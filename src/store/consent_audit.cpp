#include "store/consent_audit.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crypto.h"
#include "model/checkpoint.h"

namespace tocsin::store {

bool ConsentAudit::step(Database& db, int limit) {
    // The head of the same snapshot as the entries.
    const ConsentHead head = consent_head(db);
    const std::vector<ConsentRow> rows = consent_rows_after(db, walk_.entries(), limit);
    std::vector<CheckpointRow> due = checkpoints_after(db, walk_.entries(), limit);
    Nodes nodes;
    for (const ConsentRow& row : rows) {
        if (!check(db, row, nodes) || !check_checkpoints(due)) {
            over_ = true;
            return false;
        }
    }
    if (!check_nodes(db, nodes, head.tree_size)) {
        over_ = true;
        return false;
    }
    if (static_cast<int>(rows.size()) == limit) {
        return true;
    }
    over_ = true;
    if (finish(head) && !due.empty() && due.back().size > walk_.entries()) {
        walk_.bad(walk_.entries() + 1,
                  fmt::format("entries {} to {} are missing at the end: a checkpoint was signed "
                              "over them",
                              walk_.entries() + 1, due.back().size));
    }
    return false;
}

bool ConsentAudit::check(Database& db, const ConsentRow& row, Nodes& nodes) {
    const auto remember = [&nodes](model::TreeNode node, const std::string& hash) {
        if (node.level % kConsentLevelStep != 0) {
            return;
        }
        const std::size_t at = node.level / kConsentLevelStep - 1;
        nodes.resize(std::max(nodes.size(), at + 1));
        nodes[at].push_back({node.index, hash});
    };
    return walk_.feed(row.entry, remember) && check_opening(row) &&
           check_text(db, row.entry.seq, row.entry.wording_hash) &&
           check_text(db, row.entry.seq, row.entry.controller_hash);
}

// What can still be opened must open.
bool ConsentAudit::check_opening(const ConsentRow& row) {
    const model::ConsentEntry& entry = row.entry;
    if (row.origin && model::consent_origin_commit(entry.seq, *row.origin) != entry.origin_commit) {
        return walk_.bad(entry.seq,
                         fmt::format("the network address beside entry {} was changed", entry.seq));
    }
    if (row.salt.empty()) {
        return true;
    }
    ++opened_;
    if (model::consent_pii_commit(row.salt, row.address_key) != entry.pii_commit) {
        return walk_.bad(entry.seq, fmt::format("entry {} was given by another address than its "
                                                "reader has now",
                                                entry.seq));
    }
    const model::ConsentDetail detail = row.detail.value_or(model::ConsentDetail());
    if (model::consent_detail_commit(row.salt, entry.seq, detail) != entry.detail_commit) {
        return walk_.bad(entry.seq,
                         fmt::format("what is kept beside entry {} was changed", entry.seq));
    }
    return true;
}

bool ConsentAudit::check_text(Database& db, std::int64_t seq, const std::string& hash) {
    if (hash.empty() || texts_.contains(hash)) {
        return true;
    }
    if (sha256(consent_wording(db, hash)) != hash) {
        return walk_.bad(
            seq, fmt::format("the text that entry {} refers to was changed or is missing", seq));
    }
    texts_.insert(hash);
    return true;
}

bool ConsentAudit::check_nodes(Database& db, const Nodes& nodes, std::int64_t tree_size) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const unsigned level = static_cast<unsigned>(i + 1) * kConsentLevelStep;
        if (nodes[i].empty()) {
            continue;
        }
        const auto stored = consent_nodes(db, level, nodes[i].front().index, nodes[i].size());
        for (std::size_t k = 0; k < nodes[i].size(); ++k) {
            const StoredNode& wanted = nodes[i][k];
            const auto first = static_cast<std::int64_t>(wanted.index << level) + 1;
            const std::int64_t last = first + (std::int64_t{1} << level) - 1;
            const bool same = k < stored.size() && stored[k].index == wanted.index &&
                              stored[k].hash == wanted.hash;
            if (!same && last <= tree_size) {
                return walk_.bad(
                    first, fmt::format("the tree over entries {} to {} was changed", first, last));
            }
        }
    }
    return true;
}

// `due` are those of trees larger than what this step began with.
bool ConsentAudit::check_checkpoints(const std::vector<CheckpointRow>& due) {
    const std::int64_t size = walk_.entries();
    const auto found = std::ranges::lower_bound(due, size, {}, &CheckpointRow::size);
    if (found == due.end() || found->size != size) {
        return true;
    }
    ++checkpoints_;
    if (vkey_.empty()) {
        return true;
    }
    const auto checkpoint = model::parse_checkpoint(found->note, vkey_);
    if (!checkpoint) {
        return walk_.bad(size, fmt::format("the checkpoint of {} entries does not verify: {}", size,
                                           checkpoint.error().message()));
    }
    if (checkpoint->head.size != static_cast<std::uint64_t>(size) ||
        checkpoint->head.root != walk_.tree().root()) {
        return walk_.bad(size, fmt::format("entries 1 to {} are not those that were signed in the "
                                           "checkpoint over them",
                                           size));
    }
    return true;
}

bool ConsentAudit::finish(const ConsentHead& head) {
    if (!walk_.finish(head.seq, head.hash)) {
        return false;
    }
    const bool behind = head.tree_size < head.seq;
    if (head.tree_size > head.seq || (!behind && head.frontier != walk_.tree().bytes())) {
        return walk_.bad(std::max<std::int64_t>(walk_.entries(), 1),
                         "the recorded end of the tree was changed");
    }
    return true;
}

}  // namespace tocsin::store
