#include "audience/import_reader.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"

namespace tocsin::audience {

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

// The first piece of a list of members as Mailman prints it: at least one line ends with an address
// in angle brackets, and every other is an address alone.
bool is_member_list(std::string_view piece) {
    bool named = false;
    while (!piece.empty()) {
        const std::size_t end = std::min(piece.find('\n'), piece.size());
        const bool whole = end < piece.size();
        const std::string_view line = trim(piece.substr(0, end));
        piece.remove_prefix(whole ? end + 1 : end);
        if (line.empty() || !whole) {
            continue;
        }
        const bool alone = line.find_first_of(",;\t\"<> ") == std::string_view::npos &&
                           line.find('@') != std::string_view::npos;
        if (line.ends_with('>') && line.find('<') != std::string_view::npos) {
            named = true;
        } else if (!alone) {
            return false;
        }
    }
    return named;
}

}  // namespace

ImportReader::ImportReader(std::istream& csv)
    : csv_(csv), reader_([this](const CsvRow& row) { take_row(row); }) {}

void ImportReader::take_first_row(const CsvRow& row) {
    first_seen_ = true;
    if (const auto columns = ImportColumns::by_headings(row.fields)) {
        columns_ = *columns;
        return;
    }
    const auto with_at = std::ranges::find_if(
        row.fields, [](const std::string& field) { return field.find('@') != field.npos; });
    if (with_at == row.fields.end()) {
        problem_ = row.error.empty() ? "no column holds addresses: give one the heading \"email\""
                                     : "its first row cannot be read: " + row.error;
        return;
    }
    columns_ = ImportColumns::only_address(static_cast<std::size_t>(with_at - row.fields.begin()));
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
    if (!row.error.empty()) {
        return {.address = {}, .unreadable = row.error};
    }
    ImportRow out = columns_.row(row.fields);
    out.source = shape_ == Shape::Members ? ImportSource::Mailman : out.source;
    return out;
}

void ImportReader::take_line(std::string_view line) {
    ++lines_;
    line = trim(line);
    if (line.empty()) {
        return;
    }
    CsvRow row;
    row.line = lines_;
    if (line.ends_with('>')) {
        line.remove_suffix(1);
        line.remove_prefix(std::min(line.rfind('<') + 1, line.size()));  // no '<': npos + 1 is 0
    }
    row.fields.emplace_back(line);
    first_seen_ = true;
    take_row(row);
}

void ImportReader::feed(std::string_view bytes) {
    if (shape_ == Shape::Unknown) {
        shape_ = is_member_list(bytes) ? Shape::Members : Shape::Csv;
    }
    if (shape_ == Shape::Csv) {
        return reader_.feed(bytes);
    }
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        line_.append(bytes.substr(0, end));
        if (line_.size() > limits::kImportLineBytesMax) {
            line_.resize(limits::kImportLineBytesMax);  // no address is as long; refused as one
        }
        if (end == std::string_view::npos) {
            return;
        }
        take_line(std::exchange(line_, {}));
        bytes.remove_prefix(end + 1);
    }
}

Result<std::optional<ImportChunk>> ImportReader::next() {
    std::string piece(kPieceBytes, '\0');
    while (waiting_.size() < limits::kImportRowsMax && !at_end_ && problem_.empty()) {
        csv_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        feed(std::string_view(piece).substr(0, static_cast<std::size_t>(csv_.gcount())));
        if (csv_.bad()) {
            return io_error("the file could not be read to its end");
        }
        if (csv_.eof()) {
            shape_ == Shape::Members ? take_line(std::exchange(line_, {})) : reader_.finish();
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
