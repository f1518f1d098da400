// ShapingFile: the operator's shaping rules, and what becomes of them while the service runs.
//
// The file of `[delivery] rules` is read once at the start, where a mistake refuses the start, and
// again whenever it changes or the process gets SIGHUP. A file with a mistake changes nothing: the
// rules in force stay, one line in the log says what is wrong, and problem() keeps saying it until
// the file is right again. Without a file the shipped rules hold.
//
// Owner: app. watch() starts a thread of its own, because reading a file may block; the callback
// runs there. Everything else: any thread. Failure: see above; never throws.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/result.h"
#include "model/shaping.h"

namespace tocsin::app {

// The text of a shaping file, read and checked. NotFound and Invalid name the file.
Result<model::Shaping> read_shaping_file(const std::string& path);

class ShapingFile {
  public:
    using Changed = std::function<void(std::shared_ptr<const model::Shaping>)>;

    // `path` may be empty: the shipped rules.
    static Result<std::unique_ptr<ShapingFile>> open(std::string path);
    ~ShapingFile();  // stop()
    ShapingFile(const ShapingFile&) = delete;
    ShapingFile& operator=(const ShapingFile&) = delete;

    const std::string& path() const { return path_; }
    // In force now.
    std::shared_ptr<const model::Shaping> rules() const;
    // What is wrong with the file as it is now, in one line; empty: nothing.
    std::string problem() const;

    // From now on `changed` hears of new rules. SIGHUP is waited for on `io`.
    void watch(boost::asio::io_context& io, Changed changed);
    // The callback is not called after this returns.
    void stop();

    // One look at the file: reads it if it has changed, or in any case.
    enum class Look { IfChanged, Anyway };
    void look(Look how);

  private:
    // What tells that a file was written or replaced.
    struct Version {
        std::int64_t changed_ns = 0;
        std::uint64_t inode = 0, bytes = 0;
        friend bool operator==(const Version&, const Version&) = default;
    };

    // Wakes the thread. Shared with the handler of SIGHUP, which may be run after all this is gone.
    struct Bell {
        std::mutex mutex;
        std::condition_variable wake;
        bool hangup = false;
        bool stopping = false;
        std::optional<boost::asio::signal_set> signals;
    };

    ShapingFile(std::string path, model::Shaping rules);
    static std::optional<Version> version_of(const std::string& path);
    void run();
    static void await_hangup(std::shared_ptr<Bell> bell);
    void refuse(const std::string& why);

    const std::string path_;
    std::optional<Version> seen_;  // of look()'s thread

    mutable std::mutex mutex_;
    std::shared_ptr<const model::Shaping> rules_;
    std::string problem_;

    Changed changed_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::thread thread_;
};

}  // namespace tocsin::app
