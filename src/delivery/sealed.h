// Sealed blobs: the outer form of everything the engine stores as bytes.
//
//   sealed   = magic version payload checksum
//   magic    = OCTET      ; what it is: "A" audience chunk, "O" outcome batch, "L" compact ledger
//   version  = %x01
//   checksum = 8OCTET     ; the first bytes of the SHA-256 of all before
//
// A torn page, a stray edit or a blob in the wrong column is noticed before a byte of it is
// believed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::delivery {

// Begins a blob; append the payload, then seal().
std::string begin_sealed(char magic);
void seal(std::string& blob);
// The payload; Corrupt, naming `what`, if anything does not fit.
Result<std::string_view> unseal(std::string_view blob, char magic, std::string_view what);

}  // namespace tocsin::delivery
