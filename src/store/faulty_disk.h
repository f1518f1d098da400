// FaultyDisk: for tests, a disk on which the Nth write or sync fails.
//
// While one lives, every database opened afterwards goes through it (it is SQLite's default VFS).
// Owner: a test. Thread: the counters are atomic; arm it while nothing writes.
#pragma once

#include <atomic>
#include <cstdint>

struct sqlite3_file;
struct sqlite3_vfs;

namespace tocsin::store {

class FaultyDisk {
  public:
    enum class Fault { DiskFull, WriteError, SyncError };
    enum class Length { Once, Forever };

    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    // The nth operation from now (1 is the next) fails; with Forever, all after it too. DiskFull
    // and WriteError count writes, SyncError counts syncs.
    void fail(std::int64_t nth, Fault fault, Length length);
    void heal();

    std::int64_t writes() const { return writes_.load(); }
    std::int64_t syncs() const { return syncs_.load(); }

  private:
    friend struct FaultyFile;
    int on_write();
    int on_sync();
    bool due(std::atomic<std::int64_t>& left);

    sqlite3_vfs* real_;
    sqlite3_vfs* shim_;
    std::atomic<std::int64_t> writes_{0};
    std::atomic<std::int64_t> syncs_{0};
    std::atomic<std::int64_t> writes_left_{0};  // 0: not armed; 1: the next one fails
    std::atomic<std::int64_t> syncs_left_{0};
    std::atomic<Fault> fault_{Fault::DiskFull};
    std::atomic<Length> length_{Length::Once};
};

}  // namespace tocsin::store
