#include "app/init.h"

#include <filesystem>

#include <fmt/format.h>

#include "app/config.h"
#include "app/secrets.h"
#include "base/bytes.h"
#include "mail/address.h"
#include "mail/dkim.h"
#include "model/actor.h"
#include "store/desk.h"
#include "store/store.h"
#include "web/auth.h"

namespace tocsin::app {

namespace {

constexpr std::string_view kSelector = "tocsin";

// Where everything goes. The database's companions are named by SQLite.
struct Paths {
    explicit Paths(const std::filesystem::path& folder)
        : config((folder / "tocsin.toml").string()),
          secrets((folder / "secrets.toml").string()),
          dkim((folder / "dkim.pem").string()),
          database((folder / "tocsin.db").string()) {}

    std::vector<std::string> all() const {
        return {config, secrets, dkim, database, database + "-wal", database + "-shm"};
    }

    std::string config, secrets, dkim, database;
};

// Takes away what was made, unless it came to the end.
class Undo {
  public:
    Undo() = default;
    ~Undo() {
        std::error_code ignored;
        for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
            std::filesystem::remove(*made, ignored);  // a folder only if it is empty
        }
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    void made(std::filesystem::path path) { made_.push_back(std::move(path)); }
    void forget() { made_.clear(); }

  private:
    std::vector<std::filesystem::path> made_;
};

// A TOML basic string. Control characters cannot come here: the configuration refuses them, and
// as escapes they survive until it does.
std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string text_of(const InitOptions& options) {
    ConfigValues values{{"site.name", toml_string(options.name)},
                        {"site.public_url", toml_string(options.public_url)},
                        {"site.from", toml_string(options.from)},
                        {"store.url", toml_string(options.store)},
                        {"dkim.selector", toml_string(kSelector)},
                        {"dkim.key_file", toml_string("dkim.pem")},
                        {"secrets.file", toml_string("secrets.toml")}};
    if (const auto from = mail::Address::parse(options.from)) {
        values["dkim.domain"] = toml_string(from->domain());
    }
    if (!options.control_socket.empty()) {
        values["control.socket"] = toml_string(options.control_socket);
    }
    if (!options.relay.empty()) {
        values["delivery.relay"] = toml_string(options.relay);
    }
    return config_text(values);
}

// The configuration's own rules judge the options; its sentences are told by their flags.
Result<Config> checked(const InitOptions& options, const std::string& text,
                       const std::string& path) {
    const std::pair<std::string_view, const std::string&> required[] = {
        {"--name", options.name}, {"--from", options.from}, {"--public-url", options.public_url}};
    for (const auto& [flag, value] : required) {
        if (value.empty()) {
            return invalid(fmt::format("{} is missing", flag));
        }
    }
    const auto no_environment = [](const std::string&) { return std::optional<std::string>(); };
    ConfigReport report = check_config_text(text, path, no_environment);
    if (report.config) {
        return std::move(*report.config);
    }
    std::string problem = report.problems.front();
    const std::pair<std::string_view, std::string_view> flags[] = {
        {"[site] name ", "--name "},
        {"[site] from ", "--from "},
        {"[site] public_url ", "--public-url "},
        {"[delivery] relay ", "--relay "},
        {"[store] url ", "--store "},
        {"[control] socket", "--control-socket"}};
    for (const auto& [key, flag] : flags) {
        if (const std::size_t at = problem.find(key); at != std::string::npos) {
            return invalid(std::string(flag) + problem.substr(at + key.size()));
        }
    }
    return invalid(std::move(problem));
}

Status refuse_existing(const Paths& paths) {
    for (const std::string& path : paths.all()) {
        std::error_code failed;
        if (std::filesystem::exists(path, failed)) {
            return conflict(fmt::format(
                "{} is there already: tocsin init makes only new installations; name another "
                "folder with --dir, or move the old one away",
                path));
        }
    }
    return {};
}

// A new folder is open to its owner only.
Status make_folder(const std::filesystem::path& folder, Undo& undo) {
    std::error_code failed;
    const bool made = std::filesystem::create_directories(folder, failed);
    if (failed) {
        return io_error(
            fmt::format("{}: cannot be created: {}", folder.string(), failed.message()));
    }
    if (made) {
        undo.made(folder);
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    return {};
}

Status make_private_file(const std::string& path, std::string_view bytes, Undo& undo) {
    TRY(create_file(path, bytes, FileMode::Private));
    undo.made(path);
    return {};
}

// The first person of the desk, and the secret of the link that lets them in.
Result<std::string> make_account(const Config& config, const std::string& name, const Clock& clock,
                                 Random& random) {
    TRY_AS(const auto store, store::Store::open(config.store.url, clock));
    const web::FreshSecret fresh = web::make_secret(random);
    const Time now = clock.now();
    const web::AuthSettings defaults;
    const auto verb = [&](store::Database& db) -> Status {
        TRY_AS(const UserId user,
               store::create_desk_user(db, name, model::Role::Administrator, now));
        store::insert_desk_link(db, fresh.hash, user, now + defaults.link_life);
        return {};
    };
    TRY(store->run(verb));
    return fresh.secret;
}

}  // namespace

Result<InitDone> init(const InitOptions& options, const Clock& clock, Random& random) {
    const std::filesystem::path folder =
        std::filesystem::absolute(options.folder).lexically_normal();
    const Paths paths(folder);
    const std::string text = text_of(options);
    TRY_AS(const Config config, checked(options, text, paths.config));
    TRY(refuse_existing(paths));
    Undo undo;
    TRY(make_folder(folder, undo));
    TRY(make_private_file(paths.secrets, secrets_text(make_secrets(random)), undo));
    TRY(make_private_file(paths.dkim, mail::generate_rsa_key_pem(), undo));
    for (const char* companion : {"", "-wal", "-shm"}) {
        undo.made(paths.database + companion);
    }
    InitDone done;
    TRY_AS(const std::string secret, make_account(config, options.desk_name, clock, random));
    TRY_AS(done.records, dns_records(config));
    // Private, since a relay's password may be in it.
    TRY(make_private_file(paths.config, text, undo));
    undo.forget();

    done.config_file = paths.config;
    done.desk_name = options.desk_name;
    done.desk_link = config.site.desk_url + "/desk/link/" + secret;
    done.has_relay = config.delivery.relay.has_value();
    return done;
}

std::string init_text(const InitDone& done) {
    std::string out = fmt::format("The installation is ready: {}\n\n", done.config_file);
    out += "1. Publish these DNS records:\n\n";
    for (const DnsRecord& record : done.records) {
        out += "   " + zone_line(record) + "\n";
        if (!record.note.empty()) {
            out += fmt::format("   ; {}\n", record.note);
        }
        out += "\n";
    }
    int step = 2;
    if (!done.has_relay) {
        out += fmt::format(
            "{}. Name your smarthost in the configuration:\n\n"
            "   [delivery]\n   relay = \"smtp://user:password@host:587?tls=required\"\n\n",
            step++);
    }
    out += fmt::format(
        "{}. Start the service, and let it look at itself:\n\n"
        "   tocsin serve --config {}\n   tocsin doctor --config {}\n\n",
        step, done.config_file, done.config_file);
    out += fmt::format(
        "{}. Open the desk as \"{}\" and set a password. The link works once, for a "
        "day:\n\n   {}\n",
        step + 1, done.desk_name, done.desk_link);
    return out;
}

}  // namespace tocsin::app
