// ImportReader: a CSV file of readers, cut into chunks for Audience::import_rows().
//
// The column with the addresses is found by its heading (email, e-mail, address ...; any case) or,
// in a file without headings, is the first that holds an "@" in the first row. The exports of other
// services are known by their headings, and their states and dates obeyed (import_columns.h), as
// those of our own export are: it can be read back without bringing back who left. Mailman's lists
// of members are no CSV: one member a line, `"Person, Anne" <anne@paper.example>` or the address
// alone. Rows are counted from 0 without the heading.
//
// Memory is bounded by one piece of the file. Owner: one caller; one thread. Blocks on the stream.
// Failure: Invalid if no column holds addresses; Io if the stream fails. A bad row is a row.
#pragma once

#include <cstdint>
#include <deque>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "audience/audience_types.h"
#include "audience/import_columns.h"
#include "base/csv.h"
#include "base/result.h"

namespace tocsin::audience {

struct ImportChunk {
    std::int64_t first_row = 0;
    std::vector<ImportRow> rows;
    std::vector<std::uint64_t> lines;  // of the file, from 1; one a row
};

class ImportReader {
  public:
    explicit ImportReader(std::istream& csv);

    // The next rows, at most limits::kImportRowsMax; none at the end.
    Result<std::optional<ImportChunk>> next();
    // Rows before this one are passed over, without being kept.
    void skip_to(std::int64_t row) { skip_to_ = row; }

    // Whose export it is; known once next() has returned.
    ImportSource source() const { return columns_.source(); }

    // SHA-256 of the whole stream, from its beginning to its end: what names a file for a resume.
    static Result<std::string> file_hash(std::istream& csv);

  private:
    void take_row(const CsvRow& row);
    void take_first_row(const CsvRow& row);
    ImportRow import_row(const CsvRow& row) const;
    void feed(std::string_view bytes);
    void take_line(std::string_view line);

    std::istream& csv_;
    CsvReader reader_;
    bool first_seen_ = false;
    bool at_end_ = false;
    std::string problem_;  // of the file as a whole
    ImportColumns columns_ = ImportColumns::only_address(0);
    enum class Shape { Unknown, Csv, Members } shape_ = Shape::Unknown;
    std::string line_;  // Members: what has come of it
    std::uint64_t lines_ = 0;
    std::int64_t next_row_ = 0;  // of the file
    std::int64_t skip_to_ = 0;
    std::deque<std::pair<std::uint64_t, ImportRow>> waiting_;  // line and row, from row first_
    std::int64_t first_waiting_ = 0;
};

}  // namespace tocsin::audience
