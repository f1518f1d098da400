// For tests: a private folder that is gone afterwards. In memory where the machine has such a
// place: what a test waits for is then its own work, not the disk's syncs.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

#include "base/check.h"

namespace tocsin::store {

class TempFolder {
  public:
    TempFolder() {
        const std::filesystem::path memory = "/dev/shm";
        const std::filesystem::path parent =
            ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
        std::string pattern = (parent / "tocsin-XXXXXX").string();
        CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string url(const std::string& name = "tocsin.db") const { return "sqlite:" + file(name); }

  private:
    std::filesystem::path path_;
};

}  // namespace tocsin::store
