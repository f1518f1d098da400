// For tests: a private folder that is gone afterwards. In memory where the machine has such a
// place: what a test waits for is then its own work, not the disk's syncs.
//
// With TOCSIN_TEST_STORE=postgresql in the environment url() names a schema of the test program's
// own PostgreSQL instead of a file, so whole test programs can be run on it (tools/unit does).
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <unistd.h>

#include "base/check.h"
#include "store/postgres_server.h"

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
    std::string url(const std::string& name = "tocsin.db") {
        const char* store = std::getenv("TOCSIN_TEST_STORE");
        if (store == nullptr || std::string_view(store) != "postgresql") {
            return "sqlite:" + file(name);
        }
        std::string& schema = schemas_[name];
        if (schema.empty()) {
            schema = PostgresServer::shared().new_schema();
        }
        return schema;
    }

  private:
    std::filesystem::path path_;
    std::map<std::string, std::string> schemas_;  // by file name
};

}  // namespace tocsin::store
