#include "app/secrets.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/bytes.h"

namespace tocsin::app {

namespace {

constexpr std::size_t kPrivateFileBytesMax = 64 * 1024;
constexpr std::size_t kSecretBytes = 32;

class OpenFile {
  public:
    explicit OpenFile(int fd) : fd_(fd) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    int get() const { return fd_; }
    bool ok() const { return fd_ >= 0; }

  private:
    int fd_;
};

Error system_error(const std::string& path, std::string_view what) {
    return io_error(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

Result<std::string> read_all(const std::string& path, int fd) {
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error(path, "cannot be read");
        }
        if (got == 0) {
            return text;
        }
        text.append(piece, static_cast<std::size_t>(got));
        if (text.size() > kPrivateFileBytesMax) {
            return invalid(path + ": is far too long for a key or secrets file");
        }
    }
}

Status write_all(const std::string& path, int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return system_error(path, "cannot be written");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(fd) != 0) {
        return system_error(path, "cannot be made durable");
    }
    return {};
}

// The file's name is durable only when its folder is.
Status sync_folder_of(const std::string& path) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) {
        folder = ".";
    }
    const OpenFile opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.ok() || ::fsync(opened.get()) != 0) {
        return system_error(folder, "cannot be made durable");
    }
    return {};
}

Result<std::optional<std::string>> read_secret(const toml::table& table, const std::string& path,
                                               std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
        return std::optional<std::string>();
    }
    const toml::value<std::string>* text = node->as_string();
    auto bytes = text != nullptr ? hex_decode(text->get()) : std::nullopt;
    if (!bytes || bytes->size() < mail::kMasterSecretBytesMin) {
        return invalid(fmt::format("{}: {} must be at least {} hex digits in quotes, in lower case",
                                   path, key, 2 * mail::kMasterSecretBytesMin));
    }
    return bytes;
}

}  // namespace

Result<std::string> read_private_file(const std::string& path) {
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.ok()) {
        return errno == ENOENT ? not_found(path + ": no such file")
                               : system_error(path, "cannot be opened");
    }
    struct stat info{};
    if (::fstat(file.get(), &info) != 0) {
        return system_error(path, "cannot be looked at");
    }
    if (!S_ISREG(info.st_mode)) {
        return invalid(path + ": is not a file");
    }
    if ((info.st_mode & 0077U) != 0) {
        return invalid(
            fmt::format("{}: is open to others (mode {:03o}): run chmod 600 {}, and think of what "
                        "it holds as known",
                        path, info.st_mode & 0777U, path));
    }
    return read_all(path, file.get());
}

Status create_file(const std::string& path, std::string_view bytes, FileMode mode) {
    const mode_t bits = mode == FileMode::Private ? 0600 : 0644;
    const OpenFile file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, bits));
    if (!file.ok()) {
        return errno == EEXIST ? conflict(path + ": is there already")
                               : system_error(path, "cannot be created");
    }
    TRY(write_all(path, file.get(), bytes));
    return sync_folder_of(path);
}

Result<Secrets> load_secrets(const std::string& path) {
    TRY_AS(const std::string text, read_private_file(path));
    toml::table table;
    try {
        table = toml::parse(text, path);
    } catch (const toml::parse_error& error) {
        // The library's own words may hold a part of the secret.
        return invalid(fmt::format("{}:{}: this is not TOML", path, error.source().begin.line));
    }
    for (const auto& [name, node] : table) {
        if (name != "master" && name != "previous_master" && name != "pepper") {
            return invalid(
                fmt::format("{}:{}: {} is not a known key: there are master, "
                            "previous_master and pepper",
                            path, name.source().begin.line, name.str()));
        }
    }
    TRY_AS(const auto master, read_secret(table, path, "master"));
    TRY_AS(auto previous, read_secret(table, path, "previous_master"));
    TRY_AS(const auto pepper, read_secret(table, path, "pepper"));
    if (!master || !pepper) {
        return invalid(fmt::format("{}: {} is missing", path, master ? "pepper" : "master"));
    }
    return Secrets{*master, std::move(previous), *pepper};
}

Secrets make_secrets(Random& random) {
    Secrets secrets;
    secrets.master = random.bytes(kSecretBytes);
    secrets.pepper = random.bytes(kSecretBytes);
    return secrets;
}

std::string secrets_text(const Secrets& secrets) {
    std::string out =
        "# Signs the links in mails. To change it: move it to previous_master, put 64 new hex\n"
        "# digits here, restart. Links of before open until the next change.\n";
    out += fmt::format("master = \"{}\"\n", hex_encode(secrets.master));
    if (secrets.previous_master) {
        out += fmt::format("previous_master = \"{}\"\n", hex_encode(*secrets.previous_master));
    }
    out +=
        "# Keys the suppression list. Never change it: who must not be written to would be "
        "forgotten.\n";
    out += fmt::format("pepper = \"{}\"\n", hex_encode(secrets.pepper));
    return out;
}

}  // namespace tocsin::app
