// CSV (RFC 4180), streaming: bytes in pieces of any size, rows out, memory bounded by one row.
//
//   file  = [BOM] row *(newline row) [newline]      newline = CRLF | LF
//   row   = field *(delimiter field)
//   field = *(any but delimiter, quote, newline) | quote *(any | quote quote) quote
//
// A bad row is reported with its line and reason and costs only itself: reading goes on at the next
// line. A missing closing quote costs at most `row_bytes_max`, and the report names the lines. A CR
// alone ends a row too. Empty lines are skipped. UTF-16 is refused as a whole; otherwise neither
// the encoding nor the number of columns is judged here. One thread at a time; no I/O of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

struct CsvLimits {
    std::size_t field_bytes_max = 64 * 1024;
    std::size_t row_bytes_max = 256 * 1024;
    std::size_t fields_max = 256;
};

struct CsvRow {
    std::uint64_t line = 0;  // of its first byte, from 1
    std::uint64_t end = 0;  // byte offset in the file just after the row's newline: where to resume
    std::vector<std::string> fields;
    std::string error;  // why the row is refused, one sentence; then `fields` holds nothing
};

class CsvReader {
  public:
    using OnRow = std::function<void(const CsvRow&)>;

    // `delimiter` 0: decided by the first row, the commonest of comma, semicolon and tab in it.
    explicit CsvReader(OnRow on_row, char delimiter = 0, CsvLimits limits = {});

    void feed(std::string_view bytes);
    // The end of the file: the last row may lack its newline.
    void finish();

    // Once the first row is out; before, the one given.
    char delimiter() const { return delimiter_; }

  private:
    enum class State {
        FieldStart,
        Plain,
        Quoted,
        QuoteInQuoted,  // either the closing quote or the first of two
        AfterCr,
        Skip,     // the row is refused: to the end of the line
        Refused,  // the file is refused
    };

    void open_head();
    void consume(std::string_view bytes);
    void take_byte(char c);
    void take_in_field_start(char c);
    void take_unquoted(char c);
    void check_row_size(char c);
    void append(char c);
    void end_field();
    void end_row();
    void refuse(std::string reason);

    OnRow on_row_;
    char delimiter_;
    CsvLimits limits_;
    State state_ = State::FieldStart;
    CsvRow row_;
    std::string field_;
    std::string head_;  // held back until byte order mark and delimiter are known
    bool head_quoted_ = false;
    bool head_has_row_ = false;
    bool head_open_ = false;
    std::uint64_t offset_ = 0;
    std::uint64_t line_ = 1;
    std::size_t row_bytes_ = 0;
};

enum class CsvMode {
    Plain,            // exactly the bytes: for machines, reads back the same
    SpreadsheetSafe,  // a field that a spreadsheet would run as a formula gets a ' in front
};

// One row with CRLF, appended to `out`. Fields are quoted where they must be.
void write_csv_row(std::string& out, const std::vector<std::string_view>& fields,
                   CsvMode mode = CsvMode::Plain);

}  // namespace tocsin
