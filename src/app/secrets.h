// The secrets file: what signs links and keys the suppression list. Read once at start.
//
//   master = "64 hex digits"            signs new links
//   previous_master = "64 hex digits"   optional: links of before the last change still open
//   pepper = "64 hex digits"            keys the suppression list; must never change
//
// Mode 0600 or stricter, or it is refused. Nothing here is ever printed. Failure: Invalid with the
// file's name and what to do; NotFound if there is no file.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "mail/token.h"

namespace tocsin::app {

struct Secrets {
    std::string master;  // raw bytes
    std::optional<std::string> previous_master;
    std::string pepper;

    mail::KeyRing ring() const { return mail::KeyRing(master, previous_master, pepper); }
};

Result<Secrets> load_secrets(const std::string& path);
Secrets make_secrets(Random& random);
// The file's text.
std::string secrets_text(const Secrets& secrets);

// A private file's bytes; refused if others than its owner may read or write it.
Result<std::string> read_private_file(const std::string& path);
enum class FileMode { Private, Shared };  // 0600, 0644
// Creates a file that must not exist yet, durably (fsync of file and folder). Conflict if it does.
Status create_file(const std::string& path, std::string_view bytes, FileMode mode);

}  // namespace tocsin::app
