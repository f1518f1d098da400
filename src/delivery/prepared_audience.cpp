#include "delivery/prepared_audience.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <tuple>

#include "base/check.h"

namespace tocsin::delivery {
namespace {

// A set of subscribers that is asked about each of a million and answers "no" at once.
class Changed {
  public:
    explicit Changed(const std::vector<SubscriberId>& ascending) : ids_(ascending) {
        for (const SubscriberId id : ids_) {
            maybe_.set(slot(id));
        }
    }
    bool contains(SubscriberId id) const {
        return maybe_.test(slot(id)) && std::binary_search(ids_.begin(), ids_.end(), id);
    }

  private:
    static constexpr std::size_t kSlots = 1 << 17;
    static std::size_t slot(SubscriberId id) {
        return static_cast<std::uint64_t>(id.value()) % kSlots;
    }

    const std::vector<SubscriberId>& ids_;
    std::bitset<kSlots> maybe_;
};

// The partition without those who changed; the same bytes if none of them is in it.
Result<CutPartition> without(const CutPartition& partition, const Changed& changed) {
    TRY_AS(ChunkReader reader, ChunkReader::open(partition.chunk));
    std::vector<ChunkRecipient> others;
    others.reserve(reader.size());
    while (!reader.at_end()) {
        const ChunkRecipient recipient = reader.next();
        if (!changed.contains(recipient.subscriber)) {
            others.push_back(recipient);
        }
    }
    CutPartition left = partition;
    if (others.size() != reader.size()) {
        left.recipients = others.size();
        left.chunk = encode_chunk(others);
    }
    return left;
}

struct Joiner {
    std::string domain;
    ChunkRecipient recipient;

    friend bool operator<(const Joiner& a, const Joiner& b) {
        return std::tie(a.domain, a.recipient.subscriber) <
               std::tie(b.domain, b.recipient.subscriber);
    }
};

// Those of them who belong to the audience now, in its order.
std::vector<Joiner> recipients_among(store::Database& db, const std::vector<SubscriberId>& changed,
                                     const model::AudienceLists& lists) {
    std::vector<Joiner> found;
    for (std::size_t from = 0; from < changed.size(); from += store::kRecipientBlock) {
        const auto begin = changed.begin() + static_cast<std::ptrdiff_t>(from);
        const auto count = std::min(store::kRecipientBlock, changed.size() - from);
        const std::vector<SubscriberId> block(begin, begin + static_cast<std::ptrdiff_t>(count));
        for (const store::RecipientRow& row : store::load_recipients(db, block, lists)) {
            found.push_back(
                {.domain = row.domain,
                 .recipient = {.subscriber = row.subscriber, .list = row.active.front()}});
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

model::AudienceLists ascending(model::AudienceLists lists) {
    for (std::vector<ListId>* ids : {&lists.include, &lists.exclude}) {
        std::sort(ids->begin(), ids->end());
        ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
    }
    return lists;
}

}  // namespace

void Preparation::step(store::Database& db, std::size_t subscribers) {
    if (ready()) {
        return;
    }
    SubscriberId last;
    store::for_each_active_after(
        db, lists_, place_, static_cast<std::int64_t>(subscribers),
        [&](const store::ActiveRow& row) {
            if (row.subscriber != last) {
                cutter_.add({.subscriber = row.subscriber, .list = row.list}, row.domain);
            }
            last = row.subscriber;
        });
    if (ready()) {
        partitions_ = cutter_.finish();
    }
}

Result<std::vector<CutPartition>> Preparation::with_changes(
    store::Database& db, const std::vector<SubscriberId>& changed) const {
    CHECK(ready());
    if (changed.empty()) {
        return partitions_;
    }
    const Changed set(changed);
    std::vector<CutPartition> out;
    for (const CutPartition& partition : partitions_) {
        TRY_AS(CutPartition left, without(partition, set));
        if (left.recipients > 0) {
            out.push_back(std::move(left));
        }
    }
    AudienceCutter cutter;
    for (const Joiner& joiner : recipients_among(db, changed, lists_)) {
        cutter.add(joiner.recipient, joiner.domain);
    }
    for (CutPartition& joined : cutter.finish()) {
        out.push_back(std::move(joined));
    }
    return out;
}

std::vector<std::string> Preparation::large_domains(std::size_t most) const {
    std::map<std::string, std::size_t> sizes;
    for (const CutPartition& partition : partitions_) {
        if (!partition.domain.empty()) {
            sizes[partition.domain] += partition.recipients;
        }
    }
    std::vector<std::pair<std::size_t, std::string>> by_size;
    for (const auto& [domain, size] : sizes) {
        by_size.emplace_back(size, domain);
    }
    std::sort(by_size.rbegin(), by_size.rend());
    std::vector<std::string> largest;
    for (std::size_t i = 0; i < std::min(most, by_size.size()); ++i) {
        largest.push_back(std::move(by_size[i].second));
    }
    return largest;
}

// --- the kept ones --------------------------------------------------------------------------

Status PreparedAudiences::start() {
    return store_.run([now = clock_.now()](store::Database& db) -> Status {
        store::close_lost_audience_watches(db, now);
        return {};
    });
}

Task<Status> PreparedAudiences::prepare(FreezeRequest request, Need need) {
    auto open = [this, request = std::move(request),
                 need](store::Database& db) -> Result<std::shared_ptr<Preparation>> {
        return begin(db, request, need);
    };
    CO_TRY_AS(const std::shared_ptr<Preparation> preparation,
              co_await store_.write(std::move(open)));
    bool ready = preparation == nullptr;
    while (!ready) {
        auto read = [this, preparation, need](store::Database& db) {
            return advance(db, *preparation, need);
        };
        CO_TRY_AS(ready, co_await store_.read(std::move(read)));
    }
    co_return Status();
}

Task<Result<std::vector<std::string>>> PreparedAudiences::large_domains(FreezeRequest request,
                                                                        std::size_t most) {
    using Domains = Result<std::vector<std::string>>;
    auto look = [this, lists = ascending(request.lists), most](store::Database&) -> Domains {
        const std::lock_guard lock(mutex_);
        const auto found = find(lists);
        return found != kept_.end() && (*found)->ready() ? (*found)->large_domains(most)
                                                         : std::vector<std::string>();
    };
    co_return co_await store_.read(std::move(look));
}

Status PreparedAudiences::prepare_now(const FreezeRequest& request) {
    using Begun = Result<std::shared_ptr<Preparation>>;
    TRY_AS(const auto preparation, store_.run([&](store::Database& db) -> Begun {
        return begin(db, request, Need::Ahead);
    }));
    bool ready = preparation == nullptr;
    while (!ready) {
        TRY_AS(ready, store_.run([&](store::Database& db) {
            return advance(db, *preparation, Need::Ahead);
        }));
    }
    return {};
}

// What is kept is changed after the last statement: a closure that fails must leave both as they
// were. (If the commit fails, what is kept has no watch, and that is noticed.)
std::shared_ptr<Preparation> PreparedAudiences::begin(store::Database& db,
                                                      const FreezeRequest& request, Need need) {
    const model::AudienceLists lists = ascending(request.lists);
    if (model::goes_to_those_reached(request.kind) || lists.include.empty()) {
        return nullptr;
    }
    const std::lock_guard lock(mutex_);
    if (const auto found = find(lists); found != kept_.end()) {
        const auto changes = store::count_audience_changes(db, (*found)->watch());
        const auto old = static_cast<std::int64_t>(limits::kAudienceChangesMax / 4);
        if (changes && (need == Need::Now || *changes < old || !(*found)->ready())) {
            std::rotate(found, found + 1, kept_.end());
            return kept_.back();
        }
        forget(db, found);
    }
    if (!store::has_active(db, lists.include, static_cast<std::int64_t>(options_.recipients_min))) {
        return nullptr;
    }
    if (kept_.size() == limits::kAudiencesPrepared) {
        forget(db, kept_.begin());
    }
    const store::AudienceWatch watch = store::open_audience_watch(db, options_.node, clock_.now());
    kept_.push_back(std::make_shared<Preparation>(lists, watch));
    return kept_.back();
}

// An import may overtake it: then there is no end to wait for. Whoever held it when it was
// forgotten ends as well.
Result<bool> PreparedAudiences::advance(store::Database& db, Preparation& preparation, Need need) {
    const std::lock_guard lock(mutex_);
    if (!store::count_audience_changes(db, preparation.watch())) {
        return true;
    }
    preparation.step(db, need == Need::Now ? options_.hurried_step : options_.step);
    return preparation.ready();
}

Result<std::uint64_t> PreparedAudiences::freeze(store::Database& db, const FreezeRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto found =
        model::goes_to_those_reached(request.kind) ? kept_.end() : find(ascending(request.lists));
    if (found == kept_.end() || !(*found)->ready()) {
        return freeze_audience(db, request);
    }
    const auto changed = store::audience_changes(db, (*found)->watch());
    if (!changed) {
        return freeze_audience(db, request);
    }
    const auto partitions = (*found)->with_changes(db, *changed);
    if (!partitions) {
        return freeze_audience(db, request);
    }
    return insert_audience(db, request, *partitions);
}

PreparedAudiences::Kept::iterator PreparedAudiences::find(const model::AudienceLists& lists) {
    return std::find_if(kept_.begin(), kept_.end(),
                        [&](const auto& preparation) { return preparation->lists() == lists; });
}

void PreparedAudiences::forget(store::Database& db, Kept::iterator which) {
    store::close_audience_watch(db, (*which)->watch());
    kept_.erase(which);
}

}  // namespace tocsin::delivery
