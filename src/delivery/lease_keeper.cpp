#include "delivery/lease_keeper.h"

#include <algorithm>

#include "base/log.h"

namespace tocsin::delivery {

void LeaseKeeper::start(std::shared_ptr<Mailbox> mailbox, Hooks hooks) {
    mailbox_ = std::move(mailbox);
    hooks_ = std::move(hooks);
    until_ = (clock_.steady() + lease_).time_since_epoch().count();
}

bool LeaseKeeper::hold() const {
    return clock_.steady().time_since_epoch().count() < until_.load();
}

store::LeaseTerms LeaseKeeper::terms() const {
    const Time now = clock_.now();
    return {.owner = owner_, .now = now, .until = now + lease_};
}

void LeaseKeeper::adopted(const store::PartitionKey& key) {
    const std::lock_guard lock(mutex_);
    known_[name_of(key)] = key.generation;
}

void LeaseKeeper::dropped(const store::PartitionKey& key) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name_of(key));
    if (found != known_.end() && found->second == key.generation) {
        known_.erase(found);
    }
}

std::size_t LeaseKeeper::held() const {
    const std::lock_guard lock(mutex_);
    return known_.size();
}

void LeaseKeeper::tick(Work work) {
    const SteadyTime now = clock_.steady();
    if (renewing_ || now < renew_at_) {
        return;
    }
    if (work == Work::None && held() == 0 && strays_.empty()) {
        until_ = (now + lease_).time_since_epoch().count();
        return;
    }
    renewing_ = true;
    using Held = Result<std::vector<store::PartitionKey>>;
    auto renew = [terms = terms()](store::Database& db) -> Held {
        return store::renew_leases(db, terms);
    };
    Known before;
    {
        const std::lock_guard lock(mutex_);
        before = known_;
    }
    auto done = [this, now, before = std::move(before), mailbox = mailbox_](Held held) mutable {
        mailbox->post([this, now, before = std::move(before), held = std::move(held)] {
            on_renewed(now, before, held);
        });
    };
    store_.post_fenced(std::move(renew), std::move(done));
}

void LeaseKeeper::on_renewed(SteadyTime asked, const Known& before,
                             const Result<std::vector<store::PartitionKey>>& held) {
    renewing_ = false;
    if (!held) {
        if (!passing(held.error())) {
            hooks_.halt(held.error());
        }
        return;
    }
    tell_lost(before, *held);
    give_back_strays(*held);
    // The database heard of it after we asked: there they end later than this.
    until_ = (asked + lease_).time_since_epoch().count();
    renew_at_ = asked + lease_ / 3;
}

// Only what was known when we asked: a claim may have been answered since.
void LeaseKeeper::tell_lost(const Known& before, const std::vector<store::PartitionKey>& held) {
    auto lost = std::make_shared<std::vector<store::PartitionKey>>();
    for (const auto& [name, generation] : before) {
        const bool ours = std::any_of(held.begin(), held.end(), [&](const auto& key) {
            return name_of(key) == name && key.generation == generation;
        });
        if (!ours) {
            lost->push_back({AlertId(name.first), name.second, generation});
        }
    }
    if (!lost->empty()) {
        hooks_.lost(std::move(lost));
    }
}

// Twice unknown: the answer to a claim may have been on its way the first time.
void LeaseKeeper::give_back_strays(const std::vector<store::PartitionKey>& held) {
    std::vector<store::PartitionKey> unknown;
    {
        const std::lock_guard lock(mutex_);
        std::copy_if(held.begin(), held.end(), std::back_inserter(unknown), [&](const auto& key) {
            const auto found = known_.find(name_of(key));
            return found == known_.end() || found->second != key.generation;
        });
    }
    for (const store::PartitionKey& key : unknown) {
        const bool before = std::any_of(strays_.begin(), strays_.end(), [&](const auto& stray) {
            return name_of(stray) == name_of(key) && stray.generation == key.generation;
        });
        if (!before) {
            continue;
        }
        log_warning("alert {}: partition {} was claimed and never begun with; it is given back",
                    key.alert.value(), key.partition);
        auto give_back = [key](store::Database& db) -> Status {
            store::release_lease(db, key);
            return {};
        };
        store_.post_fenced(std::move(give_back), [](const Status&) {});
    }
    strays_ = std::move(unknown);
}

}  // namespace tocsin::delivery
