#include "store/faulty_disk.h"

#include <sqlite3.h>

#include "base/check.h"

namespace tocsin::store {

// SQLite allocates this with the real file's own data behind it.
struct FaultyFile {
    sqlite3_file base;
    FaultyDisk* disk;

    static FaultyFile* of(sqlite3_file* file) { return reinterpret_cast<FaultyFile*>(file); }
    static sqlite3_file* real(sqlite3_file* file) {
        return reinterpret_cast<sqlite3_file*>(of(file) + 1);
    }
    static const sqlite3_io_methods* real_methods(sqlite3_file* file) {
        return real(file)->pMethods;
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
        auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
        of(file)->disk = disk;
        file->pMethods = nullptr;
        real(file)->pMethods = nullptr;
        const int code = disk->real_->xOpen(disk->real_, name, real(file), flags, out);
        if (code == SQLITE_OK) {
            file->pMethods = &kMethods;
        }
        return code;
    }
    static int close(sqlite3_file* file) { return real_methods(file)->xClose(real(file)); }
    static int read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
        return real_methods(file)->xRead(real(file), data, size, at);
    }
    static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
        const int code = of(file)->disk->on_write();
        return code == SQLITE_OK ? real_methods(file)->xWrite(real(file), data, size, at) : code;
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        return real_methods(file)->xTruncate(real(file), size);
    }
    static int sync(sqlite3_file* file, int flags) {
        const int code = of(file)->disk->on_sync();
        return code == SQLITE_OK ? real_methods(file)->xSync(real(file), flags) : code;
    }
    static int size(sqlite3_file* file, sqlite3_int64* out) {
        return real_methods(file)->xFileSize(real(file), out);
    }
    static int lock(sqlite3_file* file, int level) {
        return real_methods(file)->xLock(real(file), level);
    }
    static int unlock(sqlite3_file* file, int level) {
        return real_methods(file)->xUnlock(real(file), level);
    }
    static int check_lock(sqlite3_file* file, int* out) {
        return real_methods(file)->xCheckReservedLock(real(file), out);
    }
    static int control(sqlite3_file* file, int op, void* arg) {
        return real_methods(file)->xFileControl(real(file), op, arg);
    }
    static int sector(sqlite3_file* file) { return real_methods(file)->xSectorSize(real(file)); }
    static int device(sqlite3_file* file) {
        return real_methods(file)->xDeviceCharacteristics(real(file));
    }

    // Version 1, without shared memory: enough for WAL with one connection.
    static constexpr sqlite3_io_methods kMethods = {
        1,       close,  read,   write,   truncate, sync,    size,    lock,    unlock, check_lock,
        control, sector, device, nullptr, nullptr,  nullptr, nullptr, nullptr, nullptr};
};

FaultyDisk::FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), shim_(new sqlite3_vfs(*real_)) {
    shim_->zName = "tocsin-faulty-disk";
    shim_->szOsFile = static_cast<int>(sizeof(FaultyFile)) + real_->szOsFile;
    shim_->pAppData = this;
    shim_->pNext = nullptr;
    shim_->xOpen = FaultyFile::open;
    CHECK(sqlite3_vfs_register(shim_, 1) == SQLITE_OK);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(shim_);
    sqlite3_vfs_register(real_, 1);
    delete shim_;
}

void FaultyDisk::fail(std::int64_t nth, Fault fault, Length length) {
    CHECK(nth > 0);
    fault_ = fault;
    length_ = length;
    (fault == Fault::SyncError ? syncs_left_ : writes_left_) = nth;
}

void FaultyDisk::heal() {
    writes_left_ = 0;
    syncs_left_ = 0;
}

bool FaultyDisk::due(std::atomic<std::int64_t>& left) {
    if (left == 0) {
        return false;
    }
    if (left > 1) {
        --left;
        return false;
    }
    if (length_ == Length::Once) {
        left = 0;
    }
    return true;
}

int FaultyDisk::on_write() {
    ++writes_;
    if (!due(writes_left_)) {
        return SQLITE_OK;
    }
    return fault_ == Fault::DiskFull ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int FaultyDisk::on_sync() {
    ++syncs_;
    return due(syncs_left_) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

}  // namespace tocsin::store
