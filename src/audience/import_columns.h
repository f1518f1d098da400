// ImportColumns: what the columns of another service's export mean for a reader.
//
// A newsroom that moves brings the file that its old service wrote. Which service that was is read
// from the headings; its states and dates become ours, so that nobody who had left is mailed again
// and the moment of consent is not lost. What counts as consent is not stretched: a row that its
// own service does not call subscribed is not imported as a reader.
//
//   service    known by            address          state                       consent, leave
//   Tocsin     address, left_at    address          state                       confirmed_at,
//   left_at listmonk   attributes, status  email            status (1)                  created_at
//   Mailchimp  MEMBER_RATING       Email Address    UNSUB_TIME, CLEAN_TIME (2)  CONFIRM_TIME or
//   OPTIN_TIME Ghost      subscribed_to_emails email           it, and deleted_at created_at others
//   -                   an e-mail column state, if there is one      -
//
// (1) enabled; disabled: left; blocklisted: must not be mailed. (2) Each state is a file of its own
// there. A cleaned address bounced. A row without any time never subscribed. Mailman has no
// columns: see ImportReader.
//
// Pure; any thread. Failure: columns_of() says that no column holds addresses; a row says why it is
// not imported. Knowingly absent: names, tags, attributes. Tocsin keeps nothing that it does not
// use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audience/audience_types.h"
#include "base/clock.h"

namespace tocsin::audience {

class ImportColumns {
  public:
    // By the headings; none: they name no column of addresses, the row is data.
    static std::optional<ImportColumns> by_headings(const std::vector<std::string>& headings);
    // A file without headings: its first row has an address in this column.
    static ImportColumns only_address(std::size_t column);

    // Fields of one row; `unreadable` says why it cannot be a reader.
    ImportRow row(const std::vector<std::string>& fields) const;
    ImportSource source() const { return source_; }

  private:
    using Fields = std::vector<std::string>;

    std::string_view field(const Fields& fields, std::optional<std::size_t> column) const;
    void read_state(const Fields& fields, ImportRow& row) const;
    void read_own_state(const Fields& fields, ImportRow& row) const;
    void read_listmonk(const Fields& fields, ImportRow& row) const;
    void read_mailchimp(const Fields& fields, ImportRow& row) const;
    void read_ghost(const Fields& fields, ImportRow& row) const;

    ImportSource source_ = ImportSource::Csv;
    std::size_t address_ = 0;
    std::optional<std::size_t> state_;
    std::optional<std::size_t> consented_;
    std::optional<std::size_t> asked_;  // the next best, when there is no `consented_`
    std::optional<std::size_t> left_;
    std::optional<std::size_t> cleaned_;
};

// "2019-03-02", "2019-03-02 10:00:00" (UTC), "2019-03-02T10:00:00.123Z", with "+01:00", and as Go
// prints it, "2019-03-02 10:00:00.123456 +0000 UTC". None: it is no moment between 1970 and 9999.
std::optional<Time> parse_moment(std::string_view text);

}  // namespace tocsin::audience
