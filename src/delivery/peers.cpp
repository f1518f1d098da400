#include "delivery/peers.h"

#include <algorithm>

#include "delivery/progress_record.h"
#include "store/delivery.h"
#include "store/nodes.h"

namespace tocsin::delivery {
namespace {

constexpr Seconds kWriteInterval{2};
constexpr Seconds kLookInterval{5};

}  // namespace

Peers::Peers(store::Store& store, const Clock& clock, std::string node,
             std::shared_ptr<Mailbox> mailbox, Hooks hooks)
    : store_(store),
      clock_(clock),
      node_(std::move(node)),
      mailbox_(std::move(mailbox)),
      hooks_(std::move(hooks)) {}

void Peers::tick() {
    const SteadyTime now = clock_.steady();
    const std::vector<std::shared_ptr<AlertRun>> runs = hooks_.runs();
    std::erase_if(written_, [&](const auto& entry) {
        return std::none_of(runs.begin(), runs.end(),
                            [&](const auto& run) { return run->id() == entry.first; });
    });
    for (const auto& run : runs) {
        Written& written = written_[run->id()];
        const bool settled = hooks_.settled(*run);
        const bool due =
            now - written.at >= kWriteInterval && run->stats.counts() != written.counts;
        if (due || settled != written.settled) {
            write(*run, written, settled);
        }
    }
    if (!looking_ && now >= look_at_) {
        look();
    }
}

void Peers::write(const AlertRun& run, Written& written, bool settled) {
    NodeProgress progress = run.stats.for_others();
    written = {.counts = progress.counts, .settled = settled, .at = clock_.steady()};
    if (const auto seen = hooks_.progress(run.id())) {
        progress.rate = seen->rate;
        progress.reason = seen->reason;
    }
    auto write = [alert = run.id(), node = node_, now = clock_.now(), settled,
                  record = encode_progress(progress)](store::Database& db) -> Status {
        store::write_alert_progress(db, alert, node, now, settled, record);
        return {};
    };
    auto done = [this, alert = run.id(), mailbox = mailbox_](const Status& result) {
        if (!result) {
            mailbox->post([this, alert] { written_.erase(alert); });
        }
    };
    store_.post_fenced(std::move(write), std::move(done));
}

void Peers::look() {
    looking_ = true;
    look_at_ = clock_.steady() + kLookInterval;
    using Alerts = Result<std::vector<store::UnfinishedAlert>>;
    // Of those that are told as finished below, none may have been released after this read.
    std::vector<AlertId> known;
    for (const auto& run : hooks_.runs()) {
        known.push_back(run->id());
    }
    auto read = [](store::Database& db) -> Alerts { return store::unfinished_alerts(db); };
    auto done = [this, known = std::move(known), mailbox = mailbox_](Alerts result) mutable {
        mailbox->post([this, known = std::move(known), result = std::move(result)] {
            looking_ = false;
            if (!result) {
                return;
            }
            for (const AlertId alert : known) {
                if (std::none_of(result->begin(), result->end(),
                                 [&](const auto& one) { return one.alert == alert; })) {
                    hooks_.finished(alert);
                }
            }
            for (const store::UnfinishedAlert& one : *result) {
                hooks_.released(one.alert);
                if (one.stopped) {
                    hooks_.stopped(one.alert);
                }
            }
        });
    };
    store_.post_read(std::move(read), std::move(done));
}

}  // namespace tocsin::delivery
