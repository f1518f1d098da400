// Walking the consent ledger from its first entry to its recorded end, in steps, and naming the
// first thing that is not as it was written: entries, their chain, their tree, the wordings they
// refer to, what beside them can be opened, and the checkpoints that were signed.
//
// A plain value that can be copied; each step runs in a read closure. Constant memory but for the
// hashes of wordings, of which there are few. Failure is a verdict, not an error. Network
// addresses that are gone prove nothing: they are forgotten after their time.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/consent.h"
#include "store/consent.h"
#include "store/consent_tree.h"
#include "store/database.h"

namespace tocsin::store {

class ConsentAudit {
  public:
    // Checkpoints are held against this key (model/checkpoint.h); empty: only against the tree.
    explicit ConsentAudit(std::string vkey = {}) : vkey_(std::move(vkey)) {}

    // Checks up to `limit` more entries. False: it is over, and the rest of this class is filled.
    bool step(Database& db, int limit);

    bool over() const { return over_; }
    bool intact() const { return over_ && problem().empty(); }
    std::int64_t entries() const { return walk_.entries(); }  // that verified
    std::int64_t opened() const { return opened_; }           // of readers who are still there
    std::int64_t checkpoints() const { return checkpoints_; }
    const std::string& head_hash() const { return walk_.head_hash(); }
    std::string root() const { return walk_.tree().root(); }
    std::int64_t bad_seq() const { return walk_.bad_seq(); }
    const std::string& problem() const { return walk_.problem(); }

  private:
    // Perfect subtrees over the entries of this step, by level.
    using Nodes = std::vector<std::vector<StoredNode>>;

    bool check(Database& db, const ConsentRow& row, Nodes& nodes);
    bool check_opening(const ConsentRow& row);
    bool check_text(Database& db, std::int64_t seq, const std::string& hash);
    bool check_nodes(Database& db, const Nodes& nodes, std::int64_t tree_size);
    bool check_checkpoints(const std::vector<CheckpointRow>& due);
    bool finish(const ConsentHead& head);

    std::string vkey_;
    model::ConsentWalk walk_;
    std::set<std::string> texts_;  // hashes whose texts are right
    std::int64_t opened_ = 0;
    std::int64_t checkpoints_ = 0;
    bool over_ = false;
};

}  // namespace tocsin::store
