// The backup of a running service's SQLite database, asked for over the control socket.
//
//   POST /api/v1/backup {"file": "/absolute/path"}   202, or 409 while one is being made
//   GET  /api/v1/backup                              how far it is, or how the last one ended
//
// Only the service may read its SQLite file, so it writes the backup itself, as its own user: in
// short steps on the store thread, between groups (store/sqlite_backup.h), and syncs on a thread of
// its own, so that no alert waits. The control socket only: whoever may use it is the operator.
//
// Owner: Service. Thread: routes and task on the web's io thread; the destructor after it ended.
// Failure: in the answer, one line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/task.h"
#include "store/sqlite_backup.h"
#include "store/store.h"
#include "web/router.h"

namespace tocsin::app {

class BackupService {
  public:
    // All outlive this. `url` is the store's.
    BackupService(Executor executor, Gate& gate, store::Store& store, std::string url);
    ~BackupService();
    BackupService(const BackupService&) = delete;
    BackupService& operator=(const BackupService&) = delete;

    void add_routes(web::Router& router);

  private:
    enum class State { None, Running, Done, Failed };

    Task<net::HttpResponse> answer_post(web::Context context);
    Task<net::HttpResponse> answer_get(web::Context context);
    net::HttpResponse status_response(int status) const;
    Status begin(const net::HttpRequest& request);
    Task<void> make(std::string file, std::string part);
    Task<Status> copy(std::string file, std::string part);
    Task<Status> copy_pages(std::shared_ptr<store::SqliteBackup> backup, std::string part);
    // What waits for the disk.
    Task<Status> on_own_thread(std::function<Status()> work);

    const Executor executor_;
    Gate& gate_;
    store::Store& store_;
    const std::string url_;

    State state_ = State::None;
    std::string file_;
    std::string problem_;
    std::int64_t pages_ = 0;
    std::int64_t pages_left_ = 0;
    std::thread thread_;
};

}  // namespace tocsin::app
