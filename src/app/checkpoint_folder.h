// Signed consent checkpoints as files, for a folder that is a medium or a machine of its own: one
// `consent-000000012345.txt` for each, named after its number of entries.
//
// What is not there yet is written, the newest kCheckpointsAtOnce of them, durably and never over
// an existing file; so several machines may share a folder, or have one each. Owner: Service.
// Thread: the web's io thread; the files are written on a thread of its own, which may wait for the
// disk. Failure: one line in the log, and another try with the next call.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "audience/audience.h"
#include "base/result.h"
#include "base/task.h"

namespace tocsin::app {

inline constexpr int kCheckpointsAtOnce = 1'000;

class CheckpointFolder {
  public:
    // An empty folder: nothing is written.
    CheckpointFolder(audience::Audience& audience, std::string folder);
    ~CheckpointFolder();
    CheckpointFolder(const CheckpointFolder&) = delete;
    CheckpointFolder& operator=(const CheckpointFolder&) = delete;

    // Call it after every tidy(); one at a time.
    Task<void> write_new();

  private:
    audience::Audience& audience_;
    const std::string folder_;
    std::int64_t written_ = 0;  // up to this size all are there
    std::thread thread_;
};

// Blocks. The size of the last one; those that are there already are left alone.
Result<std::int64_t> write_checkpoints(const std::string& folder,
                                       const std::vector<audience::ConsentCheckpoint>& checkpoints);

}  // namespace tocsin::app
