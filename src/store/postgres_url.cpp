#include "store/postgres_url.h"

#include <algorithm>
#include <array>
#include <libpq-fe.h>
#include <span>

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
        // What libpq guesses about a server that went.
        const bool guess =
            line.starts_with("This probably means") || line.starts_with("before or while");
        if (!line.empty() && !guess) {
            out += (out.empty() ? "" : "; ") + std::string(line);
        }
    }
    return out;
}

namespace {

bool is_one_of(std::string_view sqlstate, std::span<const std::string_view> prefixes) {
    return std::ranges::any_of(
        prefixes, [&](std::string_view prefix) { return sqlstate.starts_with(prefix); });
}

}  // namespace

DatabaseFailure::Scope failure_scope(std::string_view sqlstate) {
    // Classes and codes after which nothing of the transaction is left.
    constexpr std::array<std::string_view, 13> kTransaction = {
        "08",            // connection exception
        "0A000",         // a prepared statement whose table another node has changed meanwhile
        "26000",         // a prepared statement that is not there: a pooler that nobody admits
        kReadOnlyState,  // a standby, or a primary that became one
        "25P03",         // we were idle in a transaction for too long
        "25P04",         // the transaction took too long
        "40",            // deadlock, serialization failure, completion unknown
        "53",            // disk full, out of memory, too many connections
        "55P03",         // waited too long for a lock
        "57",            // shut down, crashed, starting, cancelled by an administrator
        "58",            // I/O error, missing file
        "F0",            // configuration file
        "XX",            // internal error, damaged data or index
    };
    return sqlstate.empty() || is_one_of(sqlstate, kTransaction)
               ? DatabaseFailure::Scope::Transaction
               : DatabaseFailure::Scope::Statement;
}

bool keeps_session(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 4> kKept = {
        "40001",  // serialization failure
        "40P01",  // deadlock
        "55P03",  // waited too long for a lock
        "57014",  // cancelled by an administrator
    };
    return is_one_of(sqlstate, kKept);
}

bool refusal_passes(std::string_view message) {
    constexpr std::array<std::string_view, 5> kPassing = {
        ":  08",     // a pooler that does not reach its server
        ":  53",     // too many connections (of all, or of the role), out of memory
        ":  57P01",  // ended by an administrator
        ":  57P02",  // crashed
        ":  57P03",  // starting or shutting down
    };
    return std::ranges::any_of(
        kPassing, [&](std::string_view state) { return message.find(state) != message.npos; });
}

}  // namespace tocsin::store
