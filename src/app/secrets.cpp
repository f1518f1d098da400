#include "app/secrets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "base/bytes.h"

namespace tocsin::app {

namespace {

constexpr std::size_t kPrivateFileBytesMax = 64 * 1024;
constexpr std::size_t kSecretBytes = 32;
constexpr std::array<std::string_view, 5> kKeys = {"master", "previous_master", "next_master",
                                                   "retired_unsubscribe", "pepper"};

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

Result<std::vector<std::string>> read_retired(const toml::table& table, const std::string& path) {
    std::vector<std::string> out;
    const toml::node* node = table.get("retired_unsubscribe");
    if (node == nullptr) {
        return out;
    }
    const auto refusal = [&path] {
        return invalid(fmt::format(
            "{}: retired_unsubscribe must be a list of texts of {} hex digits, as `tocsin secrets "
            "rotate` writes it",
            path, 2 * mail::kRetiredKeyBytes));
    };
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        return refusal();
    }
    for (const toml::node& item : *list) {
        const toml::value<std::string>* text = item.as_string();
        auto bytes = text != nullptr ? hex_decode(text->get()) : std::nullopt;
        if (!bytes || bytes->size() != mail::kRetiredKeyBytes) {
            return refusal();
        }
        out.push_back(std::move(*bytes));
    }
    return out;
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

Status replace_private_file(const std::string& path, std::string_view bytes) {
    const std::string fresh = path + ".new";
    // Left over from a try that was cut short.
    if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) {
        return system_error(fresh, "cannot be removed");
    }
    struct stat old{};
    if (::stat(path.c_str(), &old) != 0) {
        return system_error(path, "cannot be looked at");
    }
    TRY(create_file(fresh, bytes, FileMode::Private));
    // Root may do this for the service, which must be able to read it afterwards.
    if (old.st_uid != ::geteuid() && ::chown(fresh.c_str(), old.st_uid, old.st_gid) != 0) {
        return system_error(fresh, "cannot be given to the owner of the old one");
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        return system_error(path, "cannot be replaced");
    }
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
        if (std::ranges::find(kKeys, name.str()) == kKeys.end()) {
            return invalid(fmt::format("{}:{}: {} is not a known key: there are {}", path,
                                       name.source().begin.line, name.str(),
                                       fmt::join(kKeys, ", ")));
        }
    }
    TRY_AS(const auto master, read_secret(table, path, "master"));
    TRY_AS(auto previous, read_secret(table, path, "previous_master"));
    TRY_AS(auto next, read_secret(table, path, "next_master"));
    TRY_AS(auto retired, read_retired(table, path));
    TRY_AS(const auto pepper, read_secret(table, path, "pepper"));
    if (!master || !pepper) {
        return invalid(fmt::format("{}: {} is missing", path, master ? "pepper" : "master"));
    }
    return Secrets{*master, std::move(previous), std::move(next), std::move(retired), *pepper};
}

Secrets make_secrets(Random& random) {
    Secrets secrets;
    secrets.master = random.bytes(kSecretBytes);
    secrets.pepper = random.bytes(kSecretBytes);
    return secrets;
}

Secrets rotated(Secrets secrets, Random& random) {
    if (secrets.previous_master) {
        secrets.retired_unsubscribe.push_back(
            mail::retired_unsubscribe_key(*secrets.previous_master));
    }
    secrets.previous_master = std::move(secrets.master);
    secrets.master = secrets.next_master ? *secrets.next_master : random.bytes(kSecretBytes);
    secrets.next_master.reset();
    return secrets;
}

Result<Secrets> announced(Secrets secrets, Random& random) {
    if (secrets.next_master) {
        return conflict(
            "the next master secret is announced already: copy the file to all machines, restart "
            "them, and run `tocsin secrets rotate`");
    }
    secrets.next_master = random.bytes(kSecretBytes);
    return secrets;
}

std::string secrets_text(const Secrets& secrets) {
    std::string out =
        "# Signs the links in mails. `tocsin secrets rotate` changes it: links of before open "
        "until\n"
        "# the next time, and links to leave for ever.\n";
    out += fmt::format("master = \"{}\"\n", hex_encode(secrets.master));
    if (secrets.previous_master) {
        out += fmt::format("previous_master = \"{}\"\n", hex_encode(*secrets.previous_master));
    }
    if (secrets.next_master) {
        out += "# Opens links, and signs them after the next `tocsin secrets rotate`.\n";
        out += fmt::format("next_master = \"{}\"\n", hex_encode(*secrets.next_master));
    }
    if (!secrets.retired_unsubscribe.empty()) {
        out += "# Of masters of before: they open links to leave, and nothing else.\n";
        out += "retired_unsubscribe = [\n";
        for (const std::string& key : secrets.retired_unsubscribe) {
            out += fmt::format("  \"{}\",\n", hex_encode(key));
        }
        out += "]\n";
    }
    out +=
        "# Keys the suppression list. Never change it: who must not be written to would be "
        "forgotten.\n";
    out += fmt::format("pepper = \"{}\"\n", hex_encode(secrets.pepper));
    return out;
}

}  // namespace tocsin::app
