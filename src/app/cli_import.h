// `tocsin import`: a CSV file of any size into a list, through the running service.
//
// The file is read twice: once for its hash, which names the import so that a second run of the
// same file goes on where the first one was killed, and once for its rows, sent in chunks that the
// service commits whole. Memory is one chunk. Failure: the first error ends the run; what was
// committed stays, and the same command resumes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/control_client.h"
#include "base/result.h"

namespace tocsin::app {

struct ImportOrder {
    std::string file;
    std::string list;            // slug
    std::string consent_source;  // where the readers' consent comes from, in words
};

struct ImportSummary {
    std::int64_t rows = 0;  // data rows in the file
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicates = 0;
    std::int64_t kept_out = 0;    // had left, bounced or were blocked where the file comes from
    std::string source;           // whose export it is: "csv", "mailchimp" ...
    std::int64_t resumed_at = 0;  // rows that an earlier run had committed
};

// `refused(line, reason)` is called for every refused row of this run, in the file's order.
using OnRefused = std::function<void(std::uint64_t line, const std::string& reason)>;

Result<ImportSummary> import_file(ControlClient& service, const ImportOrder& order,
                                  const OnRefused& refused);

}  // namespace tocsin::app
