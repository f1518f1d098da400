// `tocsin init`: a new installation in a folder: configuration, secrets, DKIM key, database and the
// first desk account.
//
// Never overwrites: if any of the files is there already nothing is done. If it fails half way,
// what it made is taken away again. The configuration is written last: where there is one, all is
// there. Blocking; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/dns_records.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace CLI {
class App;
}

namespace tocsin::app {

class Cli;

struct InitOptions {
    std::string folder = ".";
    std::string name;  // the newspaper's
    std::string from;
    std::string public_url;
    std::string relay;  // empty: to be set later
    std::string store = "sqlite:tocsin.db";
    std::string control_socket;      // empty: in the folder
    std::string desk_name = "desk";  // of the first account, an administrator
};

struct InitDone {
    std::string config_file;
    std::string desk_name;
    std::string desk_link;  // opens once, for a day: sets the password
    std::vector<DnsRecord> records;
    bool has_relay = false;
};

// Invalid: an option is wrong, named by its flag. Conflict: there is an installation already.
Result<InitDone> init(const InitOptions& options, const Clock& clock, Random& random);

// What was made and what to do next, for people.
std::string init_text(const InitDone& done);

void add_init_command(CLI::App& program, Cli& cli);

}  // namespace tocsin::app
