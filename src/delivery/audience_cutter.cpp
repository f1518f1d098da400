#include "delivery/audience_cutter.h"

#include <utility>

#include "base/limits.h"

namespace tocsin::delivery {

bool AudienceCutter::large() const {
    return run_ >= limits::kPartitionDomainRecipients;
}

void AudienceCutter::add(const ChunkRecipient& recipient, std::string_view domain) {
    if (domain != domain_) {
        end_run();
        domain_ = domain;
    }
    part_.push_back(recipient);
    ++run_;
    const bool full = part_.size() == limits::kPartitionRecipients;
    if (run_begin_ > 0 && (large() || full)) {
        cut(run_begin_, "");
        run_begin_ = 0;
    } else if (full) {
        cut(part_.size(), domain_);
    }
}

std::vector<CutPartition> AudienceCutter::finish() {
    end_run();
    if (!part_.empty()) {
        cut(part_.size(), "");
    }
    domain_.clear();
    run_begin_ = 0;
    return std::exchange(done_, {});
}

// A large domain shares its last partition with nobody.
void AudienceCutter::end_run() {
    if (large() && !part_.empty()) {
        cut(part_.size(), domain_);
    }
    run_begin_ = part_.size();
    run_ = 0;
}

void AudienceCutter::cut(std::size_t count, std::string domain) {
    const auto end = part_.begin() + static_cast<std::ptrdiff_t>(count);
    const std::vector<ChunkRecipient> cut(part_.begin(), end);
    part_.erase(part_.begin(), end);
    done_.push_back({.domain = std::move(domain), .recipients = count, .chunk = encode_chunk(cut)});
}

}  // namespace tocsin::delivery
