// The secrets file: what signs links and keys the suppression list. Read once at start.
//
//   master = "64 hex digits"            signs new links
//   previous_master = "64 hex digits"   optional: links of before the last rotation still open
//   next_master = "64 hex digits"       optional: announced to all machines, not used yet
//   retired_unsubscribe = ["66 hex digits", ...]    of older masters: links to leave open for ever
//   pepper = "64 hex digits"            keys the suppression list; must never change
//
// Mode 0600 or stricter, or it is refused. Nothing here is ever printed. Failure: Invalid with the
// file's name and what to do; NotFound if there is no file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "mail/token.h"

namespace tocsin::app {

struct Secrets {
    std::string master;  // raw bytes
    std::optional<std::string> previous_master;
    std::optional<std::string> next_master;
    std::vector<std::string> retired_unsubscribe;
    std::string pepper;

    mail::KeyRing ring() const {
        return mail::KeyRing(mail::KeyRingSecrets{.master = master,
                                                  .previous_master = previous_master,
                                                  .next_master = next_master,
                                                  .pepper = pepper,
                                                  .retired_unsubscribe = retired_unsubscribe});
    }
};

Result<Secrets> load_secrets(const std::string& path);
Secrets make_secrets(Random& random);
// A new master seals from now on: the announced one, if there is one. The old one opens until the
// next rotation; of the one before only links to leave open.
Secrets rotated(Secrets secrets, Random& random);
// The master of the next rotation is known and opens, but does not seal: the first of two steps
// where several machines share the secrets. Conflict: it is announced already.
Result<Secrets> announced(Secrets secrets, Random& random);
// The file's text.
std::string secrets_text(const Secrets& secrets);

// A private file's bytes; refused if others than its owner may read or write it.
Result<std::string> read_private_file(const std::string& path);
enum class FileMode { Private, Shared };  // 0600, 0644
// Creates a file that must not exist yet, durably (fsync of file and folder). Conflict if it does.
Status create_file(const std::string& path, std::string_view bytes, FileMode mode);
// Puts a private file in the place of the one there is, durably: whoever reads it meanwhile, and a
// power cut, find the old one or the new one whole.
Status replace_private_file(const std::string& path, std::string_view bytes);

}  // namespace tocsin::app
