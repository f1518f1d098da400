#include "store/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace tocsin::store {

namespace {

constexpr Milliseconds kPoll{500};
constexpr Milliseconds kFirstPause{50};
constexpr Seconds kTouch{1};
constexpr int kAtOnce = 1'000;

}  // namespace

Listener::Listener(std::unique_ptr<Postgres> database, std::int64_t cursor, const Clock& clock,
                   Hooks hooks)
    : database_(std::move(database)),
      cursor_(cursor),
      clock_(clock),
      hooks_(std::move(hooks)),
      heard_(clock.steady()),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {
    CHECK(wake_ >= 0);
}

Listener::~Listener() {
    stopping_ = true;
    CHECK(::eventfd_write(wake_, 1) == 0);
    thread_.join();
    ::close(wake_);
}

bool Listener::in_touch() const {
    return clock_.steady() - heard_.load() <= kTouch;
}

std::string Listener::trouble() const {
    const std::lock_guard lock(trouble_mutex_);
    return trouble_;
}

void Listener::run() {
    const auto set_trouble = [this](const std::string& what) {
        const std::lock_guard lock(trouble_mutex_);
        trouble_ = what;
    };
    Milliseconds pause = kFirstPause;
    while (!stopping_) {
        try {
            step();
            set_trouble("");
            pause = kFirstPause;
            database_->wait_for_signal(kPoll, wake_);
        } catch (const DatabaseFailure& failure) {
            const std::string what =
                fmt::format("the database cannot be reached: {}", failure.what());
            if (listens_) {
                log_error("{}; trying again", what);
            }
            listens_ = false;
            was_away_ = true;
            set_trouble(what);
            pollfd wake = {wake_, POLLIN, 0};
            ::poll(&wake, 1, static_cast<int>(pause.count()));
            pause = std::min(2 * pause, kPoll);
        }
    }
}

void Listener::step() {
    const SteadyTime asked = clock_.steady();
    if (!listens_) {
        database_->listen_to_signals();
        if (was_away_) {
            log_info("the database can be reached again");
        }
        listens_ = true;
    }
    read_new();
    heard_ = asked;
}

void Listener::read_new() {
    for (bool more = true; more;) {
        const std::vector<Signal> found = signals_after(*database_, cursor_ - 1, kAtOnce);
        if (misses_some(found)) {
            // Numbers below the cursor may be new ones: a database that was set back gives them
            // again. One too many never harms.
            owes_gap_ = true;
            cursor_ = 0;
            continue;
        }
        more = found.size() == kAtOnce;
        for (const Signal& signal : found) {
            if (signal.seq > cursor_) {
                hooks_.each(signal);
            }
            cursor_ = signal.seq;
            at_cursor_ = signal;
        }
    }
    if (owes_gap_) {
        owes_gap_ = false;
        hooks_.gap();
    }
}

bool Listener::misses_some(const std::vector<Signal>& from_cursor) {
    const bool was_away = std::exchange(was_away_, false);
    if (cursor_ == 0) {
        // Nothing was ever signalled before, so there is no row to look for.
        return was_away && !from_cursor.empty();
    }
    return from_cursor.empty() || from_cursor.front().seq != cursor_ ||
           (at_cursor_.seq == cursor_ && from_cursor.front() != at_cursor_);
}

}  // namespace tocsin::store
