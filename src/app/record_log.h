// RecordLog: lines that are on the disk before anybody acts on them.
//
// Many connections append; one thread writes what has gathered and syncs once for all of it (group
// commit), then resumes each on its own executor. A line cut off at the end of the file (the sink
// was killed) was never acknowledged.
//
// Owner: the recording sink. Thread: append() from any coroutine.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace tocsin::app {

class RecordLog {
  public:
    // Appends to the file. An empty path: nothing is written, every line is "durable" at once.
    static Result<std::unique_ptr<RecordLog>> open(const std::string& path);
    ~RecordLog();
    RecordLog(const RecordLog&) = delete;
    RecordLog& operator=(const RecordLog&) = delete;

    // Ends when the line (its LF is added here) is durable.
    Task<Status> append(std::string line);
    // Writes what is waiting and ends the thread; no append() after it. Idempotent.
    void stop();

  private:
    struct Waiting;
    explicit RecordLog(int fd);
    void run();
    Status write_and_sync(const std::string& lines) const;

    int fd_;
    std::mutex mutex_;  // guards lines_, waiting_, stopping_
    std::condition_variable more_;
    std::string lines_;
    std::vector<std::shared_ptr<Waiting>> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tocsin::app
