#include "base/csv.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace tocsin {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr char kDefaultDelimiter = ',';

bool is_newline(char c) {
    return c == '\n' || c == '\r';
}

// The commonest of the usual delimiters outside quotes in the first line; the comma if there is
// none.
char commonest_delimiter(std::string_view head) {
    constexpr std::array<char, 3> kCandidates = {',', ';', '\t'};
    std::array<std::size_t, kCandidates.size()> counts{};
    bool quoted = false;
    for (const char c : head) {
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && is_newline(c)) {
            break;
        } else if (!quoted) {
            const auto found = std::find(kCandidates.begin(), kCandidates.end(), c);
            if (found != kCandidates.end()) {
                ++counts[static_cast<std::size_t>(found - kCandidates.begin())];
            }
        }
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return kCandidates[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace

CsvReader::CsvReader(OnRow on_row, char delimiter, CsvLimits limits)
    : on_row_(std::move(on_row)), delimiter_(delimiter), limits_(limits) {}

void CsvReader::feed(std::string_view bytes) {
    if (head_open_) {
        consume(bytes);
        return;
    }
    head_.append(bytes);
    for (const char c : bytes) {
        head_quoted_ = head_quoted_ != (c == '"');
        head_has_row_ = head_has_row_ || (is_newline(c) && !head_quoted_);
    }
    if (head_.size() >= kHeadBytesMax || (head_.size() >= kByteOrderMark.size() && head_has_row_)) {
        open_head();
    }
}

void CsvReader::finish() {
    if (!head_open_) {
        open_head();
    }
    switch (state_) {
        case State::Quoted:
            refuse(fmt::format("the quote opened in the row that begins on line {} is never closed",
                               row_.line));
            end_row();
            break;
        case State::FieldStart:
            if (!row_.fields.empty()) {
                end_field();  // the file ends in a delimiter
            }
            end_row();
            break;
        case State::Plain:
        case State::QuoteInQuoted:
            end_field();
            end_row();
            break;
        case State::AfterCr:
        case State::Skip:
            end_row();
            break;
        case State::Refused:
            break;
    }
}

// Decides what the first bytes tell about the whole file, then reads them.
void CsvReader::open_head() {
    head_open_ = true;
    const std::string head = std::exchange(head_, {});
    std::string_view text = head;
    if (delimiter_ == 0) {
        // Of a bounded piece, so that the answer does not depend on how the bytes come.
        delimiter_ = commonest_delimiter(text.substr(0, kHeadBytesMax));
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        row_.line = 1;
        refuse("the file is UTF-16: save it as UTF-8");
        end_row();
        state_ = State::Refused;
        return;
    }
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
        offset_ += kByteOrderMark.size();
    }
    consume(text);
}

void CsvReader::consume(std::string_view bytes) {
    for (const char c : bytes) {
        if (state_ == State::Refused) {
            return;
        }
        ++offset_;
        take_byte(c);
    }
}

void CsvReader::take_byte(char c) {
    if (state_ == State::AfterCr) {
        if (c == '\n') {
            end_row();
            return;
        }
        --offset_;  // this byte belongs to the next row
        end_row();
        ++offset_;
    }
    if (row_bytes_ == 0) {
        row_.line = line_;
    }
    ++row_bytes_;
    check_row_size(c);
    switch (state_) {
        case State::FieldStart:
            take_in_field_start(c);
            return;
        case State::Plain:
            take_unquoted(c);
            return;
        case State::Quoted:
            if (c == '"') {
                state_ = State::QuoteInQuoted;
            } else {
                line_ += c == '\n' ? 1 : 0;
                append(c);
            }
            return;
        case State::QuoteInQuoted:
            if (c == '"') {
                state_ = State::Quoted;
                append(c);
            } else if (c == delimiter_ || is_newline(c)) {
                take_unquoted(c);
            } else {
                refuse("there is text after a closing quote");
            }
            return;
        case State::Skip:
            if (c == '\n') {
                end_row();
            } else if (c == '\r') {
                state_ = State::AfterCr;
            }
            return;
        case State::AfterCr:
        case State::Refused:
            return;
    }
}

// The newline that ends a row does not count, or a row of just the limit could not end.
void CsvReader::check_row_size(char c) {
    const bool quoted = state_ == State::Quoted;
    if (row_bytes_ <= limits_.row_bytes_max || state_ == State::Skip ||
        (is_newline(c) && !quoted)) {
        return;
    }
    refuse(quoted ? fmt::format("the row is longer than {} bytes and a quote in it is still open: "
                                "lines {} to {} are skipped",
                                limits_.row_bytes_max, row_.line, line_)
                  : fmt::format("the row is longer than {} bytes", limits_.row_bytes_max));
}

void CsvReader::take_in_field_start(char c) {
    if (c == '"') {
        state_ = State::Quoted;
    } else if (c == '\n' && row_.fields.empty()) {  // an empty line
        end_row();
    } else if (c == '\r' && row_.fields.empty()) {
        state_ = State::AfterCr;
    } else {
        state_ = State::Plain;
        take_unquoted(c);
    }
}

void CsvReader::take_unquoted(char c) {
    if (c == delimiter_) {
        end_field();
    } else if (c == '\n') {
        end_field();
        end_row();
    } else if (c == '\r') {
        end_field();
        state_ = State::AfterCr;
    } else if (c == '"') {
        refuse("there is a quote in the middle of an unquoted field");
    } else {
        append(c);
    }
}

void CsvReader::append(char c) {
    if (field_.size() >= limits_.field_bytes_max) {
        refuse(fmt::format("a field is longer than {} bytes", limits_.field_bytes_max));
        return;
    }
    field_.push_back(c);
}

void CsvReader::end_field() {
    if (row_.fields.size() >= limits_.fields_max) {
        refuse(fmt::format("the row has more than {} fields", limits_.fields_max));
        return;
    }
    row_.fields.push_back(std::exchange(field_, {}));
    state_ = State::FieldStart;
}

void CsvReader::end_row() {
    row_.end = offset_;
    if (!row_.fields.empty() || !row_.error.empty()) {
        on_row_(row_);
    }
    row_ = CsvRow{};
    field_.clear();
    row_bytes_ = 0;
    ++line_;
    state_ = State::FieldStart;
}

void CsvReader::refuse(std::string reason) {
    row_.error = std::move(reason);
    row_.fields.clear();
    field_.clear();
    state_ = State::Skip;
}

void write_csv_row(std::string& out, const std::vector<std::string_view>& fields, CsvMode mode) {
    // What Excel, LibreOffice and Google Sheets take for the start of a formula, their fullwidth
    // forms with it (CWE-1236).
    constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";
    constexpr std::array<std::string_view, 4> kWideFormulaStarts = {"\xEF\xBC\x9D", "\xEF\xBC\x8B",
                                                                    "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
    const auto runs = [&](std::string_view field) {
        return !field.empty() &&
               (kFormulaStarts.find(field.front()) != std::string_view::npos ||
                std::any_of(kWideFormulaStarts.begin(), kWideFormulaStarts.end(),
                            [&](std::string_view start) { return field.starts_with(start); }));
    };
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) {
            out.push_back(kDefaultDelimiter);
        }
        const std::string_view field = fields[i];
        const bool guarded = mode == CsvMode::SpreadsheetSafe && runs(field);
        // A lone empty field is quoted, or the row would read as an empty line.
        const bool quoted = field.find_first_of(",;\t\"\r\n") != std::string_view::npos ||
                            (fields.size() == 1 && field.empty());
        if (!guarded && !quoted) {
            out.append(field);
            continue;
        }
        out.push_back('"');
        if (guarded) {
            out.push_back('\'');
        }
        for (const char c : field) {
            if (c == '"') {
                out.push_back('"');
            }
            out.push_back(c);
        }
        out.push_back('"');
    }
    out.append("\r\n");
}

}  // namespace tocsin
