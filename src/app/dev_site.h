// What `tocsin dev` adds to the service: a configuration in a throw-away folder, lists and readers
// to look at, and a way into the desk without a password.
//
// Never used by `tocsin serve`.
#pragma once

#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "store/store.h"
#include "web/auth.h"
#include "web/router.h"

namespace tocsin::audience {
class Audience;
}

namespace tocsin::app {

// A new folder under TMPDIR with everything a service needs; deletes itself and all in it.
class DevFolder {
  public:
    static Result<DevFolder> create(std::uint16_t http_port, Random& random);
    ~DevFolder();
    DevFolder(DevFolder&& other) noexcept;
    DevFolder& operator=(DevFolder&&) = delete;

    const Config& config() const { return config_; }
    const std::string& path() const { return path_; }

  private:
    DevFolder() = default;
    std::string path_;
    Config config_;
};

// The lists "breaking" and "harbour", and a dozen invented readers, imported as any file would be.
Task<Status> seed_dev_readers(audience::Audience& audience);
// The person whom /dev/desk signs in.
Status seed_dev_editor(store::Database& db, Time now);

// GET /dev/desk signs the browser in as that person and goes to /desk. From this machine only.
void add_dev_sign_in(web::Router& router, web::Auth& auth, store::Store& store, Random& random);

}  // namespace tocsin::app
