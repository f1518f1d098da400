#include "store/postgres_url.h"

#include <algorithm>
#include <array>
#include <libpq-fe.h>

#include "base/bytes.h"

namespace tocsin::store {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string option(const Options& options, std::string_view name) {
    for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each) {
        if (name == each->keyword && each->val != nullptr) {
            return each->val;
        }
    }
    return {};
}

// A password whose "/" or "@" is not written as %2F or %40 ends up in another part, and libpq's
// messages quote those: such a URL is no URL.
bool has_plain_parts(std::string_view url, const Options& options) {
    std::string_view rest = url.substr(url.find("://") + 3);
    rest = rest.substr(0, rest.find('?'));
    const auto ats = std::ranges::count(rest, '@');
    const bool before_path = rest.find('@') < rest.find('/');
    const std::string port = option(options, "port");
    return (ats == 0 || (ats == 1 && before_path)) &&
           port.find_first_not_of("0123456789,") == std::string::npos;
}

Options parse(const std::string& url) {
    char* problem = nullptr;
    Options options(PQconninfoParse(url.c_str(), &problem));
    PQfreemem(problem);  // it may quote the password
    if (options && !has_plain_parts(url, options)) {
        options.reset();
    }
    return options;
}

}  // namespace

bool is_postgres_url(std::string_view url) {
    return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

Status check_postgres_url(const std::string& url) {
    if (!is_postgres_url(url) || !parse(url)) {
        return invalid(
            "is not a URL like \"postgresql://USER:PASSWORD@HOST:5432/DATABASE\"; write other "
            "characters of user and password than letters and digits as %XX");
    }
    return {};
}

std::string shown_postgres_url(const std::string& url) {
    const Options options = parse(url);
    if (!options) {
        return "postgresql://...";
    }
    const std::string user = option(options, "user");
    const std::string port = option(options, "port");
    return fmt::format("postgresql://{}{}{}{}{}/{}", user, user.empty() ? "" : "@",
                       option(options, "host"), port.empty() ? "" : ":", port,
                       option(options, "dbname"));
}

std::string one_line(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        std::string_view line = trim(message.substr(0, end));
        message.remove_prefix(std::min(end + 1, message.size()));
        for (const std::string_view prefix : {"FATAL:", "ERROR:"}) {
            const std::size_t at = line.find(prefix);
            if (at != std::string_view::npos) {
                line = trim(line.substr(at + prefix.size()));
            }
        }
        if (!line.empty()) {
            out += (out.empty() ? "" : "; ") + std::string(line);
        }
    }
    return out;
}

DatabaseFailure::Scope failure_scope(std::string_view sqlstate) {
    // Classes and codes after which nothing more can be made durable by this session.
    constexpr std::array<std::string_view, 11> kStorage = {
        "08",     // connection exception
        "25006",  // read-only transaction: a standby, or a primary that became one
        "40003",  // statement completion unknown
        "53",     // disk full, out of memory, too many connections
        "57P01",  // shut down by an administrator
        "57P02",  // the server crashed
        "57P03",  // the server is starting or stopping
        "57P04",  // the database was dropped
        "58",     // I/O error, missing file
        "F0",     // configuration file
        "XX",     // internal error, damaged data or index
    };
    const bool storage =
        sqlstate.empty() || std::ranges::any_of(kStorage, [&](std::string_view prefix) {
            return sqlstate.starts_with(prefix);
        });
    return storage ? DatabaseFailure::Scope::Storage : DatabaseFailure::Scope::Statement;
}

}  // namespace tocsin::store
