#include "audience/import_reader.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"

namespace tocsin::audience {

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

// Best first: "address" alone is often where somebody lives.
constexpr std::array<std::string_view, 9> kAddressHeadings = {
    "email",        "e-mail", "email address", "e-mail address", "email_address",
    "emailaddress", "mail",   "subscriber",    "address"};

std::optional<std::size_t> column_named(const std::vector<std::string>& headings,
                                        std::string_view name) {
    for (std::size_t column = 0; column < headings.size(); ++column) {
        if (ascii_iequals(trim(headings[column]), name)) {
            return column;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> address_heading(const std::vector<std::string>& headings) {
    for (const std::string_view name : kAddressHeadings) {
        if (const auto column = column_named(headings, name)) {
            return column;
        }
    }
    return std::nullopt;
}

// Our own export marks what a spreadsheet would run as a formula with a ' in front.
std::string_view without_formula_mark(std::string_view text) {
    const bool marked = text.size() > 1 && text[0] == '\'' &&
                        std::string_view("=+-@").find(text[1]) != std::string_view::npos;
    return marked ? text.substr(1) : text;
}

// Names the state if it is one of ours; anything else in the column may be bytes of any kind.
std::string state_refusal(const std::string& state) {
    const bool ours = state == "pending" || state == "left";
    return ours ? fmt::format("its state in the file is \"{}\", not \"active\"", state)
                : std::string("its state in the file is not \"active\"");
}

}  // namespace

ImportReader::ImportReader(std::istream& csv)
    : csv_(csv), reader_([this](const CsvRow& row) { take_row(row); }) {}

void ImportReader::take_first_row(const CsvRow& row) {
    first_seen_ = true;
    if (const auto heading = address_heading(row.fields)) {
        address_column_ = *heading;
        state_column_ = column_named(row.fields, "state");
        return;
    }
    const auto with_at = std::ranges::find_if(
        row.fields, [](const std::string& field) { return field.find('@') != field.npos; });
    if (with_at == row.fields.end()) {
        problem_ = row.error.empty() ? "no column holds addresses: give one the heading \"email\""
                                     : "its first row cannot be read: " + row.error;
        return;
    }
    address_column_ = static_cast<std::size_t>(with_at - row.fields.begin());
    take_row(row);
}

void ImportReader::take_row(const CsvRow& row) {
    if (!first_seen_) {
        take_first_row(row);
        return;
    }
    const std::int64_t number = next_row_++;
    if (number < skip_to_ || !problem_.empty()) {
        return;
    }
    if (waiting_.empty()) {
        first_waiting_ = number;
    }
    waiting_.emplace_back(row.line, import_row(row));
}

ImportRow ImportReader::import_row(const CsvRow& row) const {
    ImportRow out;
    if (!row.error.empty()) {
        out.unreadable = row.error;
    } else if (address_column_ >= row.fields.size()) {
        out.unreadable = fmt::format("it has only {} columns", row.fields.size());
    } else if (!is_utf8(row.fields[address_column_])) {
        out.unreadable = "its address is not valid UTF-8";
    } else {
        out.address = without_formula_mark(trim(row.fields[address_column_]));
    }
    if (out.unreadable.empty() && state_column_ && *state_column_ < row.fields.size() &&
        row.fields[*state_column_] != "active") {
        out.unreadable = state_refusal(row.fields[*state_column_]);
    }
    return out;
}

Result<std::optional<ImportChunk>> ImportReader::next() {
    std::string piece(kPieceBytes, '\0');
    while (waiting_.size() < limits::kImportRowsMax && !at_end_ && problem_.empty()) {
        csv_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        reader_.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(csv_.gcount())));
        if (csv_.bad()) {
            return io_error("the file could not be read to its end");
        }
        if (csv_.eof()) {
            reader_.finish();
            at_end_ = true;
        }
    }
    if (!problem_.empty()) {
        return invalid(problem_);
    }
    if (waiting_.empty()) {
        return std::optional<ImportChunk>();
    }
    ImportChunk chunk;
    chunk.first_row = first_waiting_;
    while (!waiting_.empty() && chunk.rows.size() < limits::kImportRowsMax) {
        chunk.lines.push_back(waiting_.front().first);
        chunk.rows.push_back(std::move(waiting_.front().second));
        waiting_.pop_front();
    }
    first_waiting_ += static_cast<std::int64_t>(chunk.rows.size());
    return std::optional<ImportChunk>(std::move(chunk));
}

Result<std::string> ImportReader::file_hash(std::istream& csv) {
    Sha256 hash;
    std::string piece(kPieceBytes, '\0');
    while (csv) {
        csv.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        hash.update(std::string_view(piece).substr(0, static_cast<std::size_t>(csv.gcount())));
    }
    if (csv.bad()) {
        return io_error("the file could not be read to its end");
    }
    const auto digest = hash.finish();
    return std::string(digest.begin(), digest.end());
}

}  // namespace tocsin::audience
