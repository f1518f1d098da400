#include "delivery/recorder.h"

#include <algorithm>

#include "base/limits.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kGroupsUnderWayMax = 2;
constexpr std::size_t kWaitingRecordsMax = 16 * limits::kOutcomeGroupRecords;
constexpr std::chrono::milliseconds kBusyWait{20};
constexpr Milliseconds kStalled{1'000};

}  // namespace

struct Recorder::Group {
    struct Part {
        std::shared_ptr<OpenPartition> partition;
        std::uint64_t records = 0;
    };
    std::vector<Part> parts;
    std::vector<store::OutcomeBatchRow> rows;  // as the parts; the store's thread reads them
    SteadyTime begun{};
    std::vector<std::function<void()>> then;
};

Recorder::Recorder(const Parts& parts, Callbacks callbacks)
    : store_(parts.store),
      clock_(parts.clock),
      mailbox_(parts.mailbox),
      callbacks_(std::move(callbacks)),
      timer_(parts.io),
      group_time_(parts.group_time) {}

void Recorder::add(const std::shared_ptr<OpenPartition>& partition, OutcomeRecord record) {
    if (failed_ || partition->lost) {
        return;
    }
    auto place = std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const Waiting& waiting) {
        return waiting.partition == partition;
    });
    if (place == waiting_.rend()) {
        waiting_.push_back({.partition = partition, .records = {}});
        place = waiting_.rbegin();
    }
    place->records.push_back(std::move(record));
    ++partition->unsynced;
    if (++waiting_records_ >= limits::kOutcomeGroupRecords) {
        flush();
    } else {
        arm(group_time_);
    }
}

void Recorder::when_durable(std::function<void()> then) {
    then_.push_back(std::move(then));
    arm(std::min<Milliseconds>(group_time_, limits::kOutcomeGroupTime));
}

bool Recorder::full() const {
    return waiting_records_ >= kWaitingRecordsMax;
}

bool Recorder::stalled() const {
    return !under_way_.empty() && clock_.steady() - under_way_.front()->begun > kStalled;
}

void Recorder::arm(Milliseconds within) {
    if (armed_for_ && *armed_for_ <= within) {
        return;
    }
    armed_for_ = within;
    timer_.expires_after(within);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            armed_for_.reset();
            flush();
        }
    });
}

void Recorder::flush() {
    if (failed_ || under_way_.size() >= kGroupsUnderWayMax || (waiting_.empty() && then_.empty())) {
        return;  // on_stored() flushes again
    }
    auto group = std::make_shared<Group>();
    for (Waiting& waiting : waiting_) {
        OpenPartition& partition = *waiting.partition;
        const OutcomeBatch batch{.generation = static_cast<std::uint64_t>(partition.key.generation),
                                 .records = std::move(waiting.records)};
        group->parts.push_back({.partition = waiting.partition, .records = batch.records.size()});
        group->rows.push_back(
            {.key = partition.key, .seq = partition.next_seq++, .records = encode_batch(batch)});
    }
    waiting_.clear();
    waiting_records_ = 0;
    group->then.swap(then_);
    group->begun = clock_.steady();
    under_way_.push_back(group);
    post(std::move(group));
}

void Recorder::post(std::shared_ptr<Group> group) {
    // What the store thread reads of the group does not change any more.
    auto append = [group](store::Database& db) -> Result<std::vector<store::Fence>> {
        return store::append_outcomes(db, group->rows);
    };
    auto done = [this, mailbox = mailbox_, group](Result<std::vector<store::Fence>> result) {
        mailbox->post([this, group, result = std::move(result)]() mutable {
            on_stored(group, std::move(result));
        });
    };
    store_.post_fenced(std::move(append), std::move(done));
}

void Recorder::on_stored(const std::shared_ptr<Group>& group,
                         Result<std::vector<store::Fence>> result) {
    if (!result && passing(result.error())) {
        // Its queue is full, or it is out of reach: ask again, and hold the others back meanwhile.
        auto timer = std::make_shared<boost::asio::steady_timer>(timer_.get_executor(), kBusyWait);
        timer->async_wait([this, timer, group](const boost::system::error_code& error) {
            if (!error) {
                post(group);
            }
        });
        return;
    }
    std::erase(under_way_, group);
    if (!result) {
        failed_ = true;
        callbacks_.failed(result.error());
        return;
    }
    for (std::size_t i = 0; i < group->parts.size(); ++i) {
        const Group::Part& part = group->parts[i];
        part.partition->unsynced -= part.records;
        if ((*result)[i] == store::Fence::Lost) {
            callbacks_.lost(part.partition);
        } else {
            callbacks_.synced(part.partition);
        }
    }
    for (const std::function<void()>& then : group->then) {
        then();
    }
    if (waiting_records_ >= limits::kOutcomeGroupRecords) {
        flush();
    } else if (!then_.empty()) {
        arm(std::min<Milliseconds>(group_time_, limits::kOutcomeGroupTime));
    } else if (!waiting_.empty()) {
        arm(group_time_);
    }
}

}  // namespace tocsin::delivery
