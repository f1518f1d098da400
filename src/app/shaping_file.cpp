#include "app/shaping_file.h"

#include <chrono>
#include <fstream>
#include <sys/stat.h>

#include <boost/asio/dispatch.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace tocsin::app {
namespace {

constexpr std::size_t kFileBytesMax = 1'000'000;
constexpr std::chrono::seconds kLookEvery{2};

}  // namespace

Result<model::Shaping> read_shaping_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kFileBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!in.is_open() || in.bad() || (text.empty() && !in.eof())) {
        return not_found(fmt::format(
            "{}: cannot be read: [delivery] rules names it; is it a file, and ours to read?",
            path));
    }
    return model::Shaping::parse(text, path);
}

ShapingFile::ShapingFile(std::string path, model::Shaping rules)
    : path_(std::move(path)), rules_(std::make_shared<const model::Shaping>(std::move(rules))) {}

Result<std::unique_ptr<ShapingFile>> ShapingFile::open(std::string path) {
    if (path.empty()) {
        return std::unique_ptr<ShapingFile>(
            new ShapingFile(std::move(path), model::Shaping::shipped()));
    }
    // Before it is read: what is written meanwhile is seen as a change.
    const std::optional<Version> version = version_of(path);
    TRY_AS(model::Shaping rules, read_shaping_file(path));
    std::unique_ptr<ShapingFile> file(new ShapingFile(std::move(path), std::move(rules)));
    file->seen_ = version;
    return file;
}

ShapingFile::~ShapingFile() {
    stop();
}

std::optional<ShapingFile::Version> ShapingFile::version_of(const std::string& path) {
    struct stat found{};
    if (stat(path.c_str(), &found) != 0) {
        return std::nullopt;
    }
    return Version{found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec, found.st_ino,
                   static_cast<std::uint64_t>(found.st_size)};
}

std::shared_ptr<const model::Shaping> ShapingFile::rules() const {
    const std::lock_guard lock(mutex_);
    return rules_;
}

std::string ShapingFile::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void ShapingFile::look(Look how) {
    if (path_.empty()) {
        return;
    }
    const std::optional<Version> version = version_of(path_);
    if (how == Look::IfChanged && version == seen_) {
        return;
    }
    seen_ = version;
    Result<model::Shaping> read = read_shaping_file(path_);
    if (!read) {
        return refuse(read.error().message());
    }
    auto rules = std::make_shared<const model::Shaping>(std::move(*read));
    {
        const std::lock_guard lock(mutex_);
        problem_.clear();
        rules_ = rules;
    }
    log_info("{}: read again; the new limits and reply rules hold from now on", path_);
    if (changed_) {
        changed_(std::move(rules));
    }
}

void ShapingFile::refuse(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (problem_ != why) {
        log_warning("{}; the rules that were read before stay in force", why);
    }
    problem_ = why;
}

void ShapingFile::watch(boost::asio::io_context& io, Changed changed) {
    changed_ = std::move(changed);
    {
        const std::lock_guard lock(bell_->mutex);
        bell_->signals.emplace(io, SIGHUP);
        await_hangup(bell_);
    }
    if (!path_.empty()) {
        thread_ = std::thread([this] { run(); });
    }
}

// With the bell's mutex held.
void ShapingFile::await_hangup(std::shared_ptr<Bell> bell) {
    Bell& held = *bell;
    held.signals->async_wait(
        [bell = std::move(bell)](const boost::system::error_code& failed, int) {
            const std::lock_guard lock(bell->mutex);
            if (failed || bell->stopping) {
                return;
            }
            bell->hangup = true;
            bell->wake.notify_one();
            await_hangup(bell);
        });
}

void ShapingFile::run() {
    std::unique_lock lock(bell_->mutex);
    for (;;) {
        bell_->wake.wait_for(lock, kLookEvery, [this] { return bell_->stopping || bell_->hangup; });
        if (bell_->stopping) {
            return;
        }
        const Look how = bell_->hangup ? Look::Anyway : Look::IfChanged;
        bell_->hangup = false;
        lock.unlock();
        look(how);
        lock.lock();
    }
}

void ShapingFile::stop() {
    {
        const std::lock_guard lock(bell_->mutex);
        bell_->stopping = true;
        bell_->signals.reset();
        bell_->wake.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace tocsin::app
