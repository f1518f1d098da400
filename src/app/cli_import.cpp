#include "app/cli_import.h"

#include <array>
#include <fstream>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/csv.h"
#include "base/limits.h"
#include "mail/address.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

constexpr std::size_t kChunkRows = limits::kImportRowsMax;
constexpr std::size_t kReadBytes = 256 * 1024;

Status read_file(const std::string& path, const std::function<Status(std::string_view)>& each) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return not_found(fmt::format("cannot read {}", path));
    }
    std::string buffer(kReadBytes, '\0');
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        TRY(each(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()))));
    }
    if (in.bad()) {
        return io_error(fmt::format("reading {} failed", path));
    }
    return {};
}

Result<std::string> hash_file(const std::string& path) {
    Sha256 hash;
    TRY(read_file(path, [&](std::string_view bytes) -> Status {
        hash.update(bytes);
        return {};
    }));
    const auto digest = hash.finish();
    return hex_encode(std::string(digest.begin(), digest.end()));
}

// A number of the service's answer; 0 if it is not there.
std::int64_t number_of(const json::value& object, std::string_view key) {
    const json::value* field = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    return field != nullptr && field->is_int64() ? field->as_int64() : 0;
}

// Collects rows into chunks and sends each; knows which rows are committed already.
class Sender {
  public:
    Sender(ControlClient& service, const OnRefused& refused)
        : service_(service), refused_(refused) {}

    Status start(const ImportOrder& order, const std::string& file_hash) {
        const json::object body = {{"list", order.list},
                                   {"consent_source", order.consent_source},
                                   {"file_hash", file_hash}};
        TRY_AS(const json::value job, service_.post("/api/v1/imports", body));
        job_ = number_of(job, "id");
        next_row_ = number_of(job, "next_row");
        summary_.resumed_at = next_row_;
        note_progress(job);
        return {};
    }

    // Only the first failure counts; later rows are dropped.
    void row(const CsvRow& row) {
        if (!status_) {
            return;
        }
        if (!column_) {
            auto column = find_address_column(row.fields);
            if (!column) {
                status_ = std::move(column).error();
                return;
            }
            column_ = *column;
            if (column->heading) {
                return;
            }
        }
        const std::int64_t number = summary_.rows++;
        if (number < next_row_) {
            return;
        }
        json::object entry;
        if (!row.error.empty()) {
            entry["unreadable"] = row.error;
        } else if (column_->index >= row.fields.size()) {
            entry["unreadable"] = "the row has no address column";
        } else if (!is_utf8(row.fields[column_->index])) {
            entry["unreadable"] = "the address is not valid UTF-8";
        } else {
            entry["address"] = row.fields[column_->index];
        }
        rows_.push_back(std::move(entry));
        lines_.push_back(row.line);
        if (rows_.size() == kChunkRows) {
            status_ = send();
        }
    }

    Status status() const { return status_; }

    Result<ImportSummary> finish() {
        TRY(status_);
        TRY(send());
        if (!column_) {
            return invalid("the file has no rows");
        }
        TRY_AS(const json::value job,
               service_.post(fmt::format("/api/v1/imports/{}/finish", job_), json::object{}));
        note_progress(job);
        return summary_;
    }

  private:
    Status send() {
        if (rows_.empty()) {
            return {};
        }
        const json::object body = {{"first_row", next_row_}, {"rows", std::move(rows_)}};
        rows_ = {};
        TRY_AS(const json::value answer,
               service_.post(fmt::format("/api/v1/imports/{}/rows", job_), body));
        if (const json::value* refused = answer.as_object().if_contains("refused_rows");
            refused != nullptr && refused->is_array()) {
            for (const json::value& one : refused->as_array()) {
                const auto at = static_cast<std::size_t>(number_of(one, "row") - next_row_);
                const json::value* reason = one.as_object().if_contains("reason");
                refused_(at < lines_.size() ? lines_[at] : 0,
                         reason != nullptr && reason->is_string() ? std::string(reason->as_string())
                                                                  : "refused");
            }
        }
        next_row_ += static_cast<std::int64_t>(lines_.size());
        lines_.clear();
        note_progress(answer);
        return {};
    }

    void note_progress(const json::value& job) {
        summary_.accepted = number_of(job, "accepted");
        summary_.refused = number_of(job, "refused");
        summary_.duplicates = number_of(job, "duplicates");
    }

    ControlClient& service_;
    const OnRefused& refused_;
    std::int64_t job_ = 0;
    std::int64_t next_row_ = 0;
    std::optional<AddressColumn> column_;
    json::array rows_;
    std::vector<std::uint64_t> lines_;  // of rows_, one each
    ImportSummary summary_;
    Status status_;
};

}  // namespace

Result<AddressColumn> find_address_column(const std::vector<std::string>& first_row) {
    constexpr std::array<std::string_view, 6> kHeadings = {
        "email", "e-mail", "address", "email address", "e-mail address", "email_address"};
    for (std::size_t i = 0; i < first_row.size(); ++i) {
        for (const std::string_view heading : kHeadings) {
            if (ascii_iequals(trim(first_row[i]), heading)) {
                return AddressColumn{i, true};
            }
        }
    }
    for (std::size_t i = 0; i < first_row.size(); ++i) {
        if (mail::Address::parse(trim(first_row[i]))) {
            return AddressColumn{i, false};
        }
    }
    // A file of one column is addresses, even when its first row is a bad one.
    if (first_row.size() == 1) {
        return AddressColumn{0, false};
    }
    return invalid("no column of the file is headed 'email' or 'address'");
}

Result<ImportSummary> import_file(ControlClient& service, const ImportOrder& order,
                                  const OnRefused& refused) {
    TRY_AS(const std::string file_hash, hash_file(order.file));
    Sender sender(service, refused);
    TRY(sender.start(order, file_hash));
    CsvReader reader([&sender](const CsvRow& row) { sender.row(row); });
    TRY(read_file(order.file, [&](std::string_view bytes) -> Status {
        reader.feed(bytes);
        return sender.status();
    }));
    reader.finish();
    return sender.finish();
}

}  // namespace tocsin::app
