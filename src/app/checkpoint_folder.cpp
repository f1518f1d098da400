#include "app/checkpoint_folder.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "app/secrets.h"
#include "base/log.h"
#include "store/store.h"

namespace tocsin::app {

Result<std::int64_t> write_checkpoints(
    const std::string& folder, const std::vector<audience::ConsentCheckpoint>& checkpoints) {
    std::int64_t last = 0;
    for (const audience::ConsentCheckpoint& checkpoint : checkpoints) {
        const std::string file =
            (std::filesystem::path(folder) / fmt::format("consent-{:012}.txt", checkpoint.size))
                .string();
        const Status made = create_file(file, checkpoint.note, FileMode::Shared);
        if (!made && made.error().kind() != ErrorKind::Conflict) {
            return made.error();
        }
        last = checkpoint.size;
    }
    return last;
}

CheckpointFolder::CheckpointFolder(audience::Audience& audience, std::string folder)
    : audience_(audience), folder_(std::move(folder)) {}

CheckpointFolder::~CheckpointFolder() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

Task<void> CheckpointFolder::write_new() {
    if (folder_.empty()) {
        co_return;
    }
    const auto found = co_await audience_.consent_checkpoints(written_, kCheckpointsAtOnce);
    if (!found) {
        log_warning("checkpoints could not be read: {}", found.error().message());
        co_return;
    }
    if (found->empty()) {
        co_return;
    }
    auto start = [this, checkpoints = *found](auto done) mutable {
        if (thread_.joinable()) {
            thread_.join();  // it has ended: its answer came
        }
        auto work = [folder = folder_, checkpoints = std::move(checkpoints),
                     done = std::move(done)]() mutable {
            done(write_checkpoints(folder, checkpoints));
        };
        thread_ = std::thread(std::move(work));
    };
    const auto written =
        co_await store::detail::await_callback<Result<std::int64_t>>(std::move(start));
    if (!written) {
        log_warning("consent checkpoints could not be written: {}", written.error().message());
        co_return;
    }
    written_ = *written;
}

}  // namespace tocsin::app
