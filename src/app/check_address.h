// `tocsin check-address`: one address a line in, one JSON object a line out:
//
//   {"address":"ann@gmial.com","ok":true,"reason":"","suggestion":"ann@gmail.com"}
//
// A line ends in LF; a CR before it belongs to the address (and refuses it: the suggestion is the
// address without it). Bytes that are not UTF-8 show as U+FFFD. A line of any length is read in
// constant memory. Answers are flushed whenever the input pauses, so that a program can ask and
// wait. Blocking; one thread.
#pragma once

#include <cstdint>
#include <iosfwd>

namespace tocsin::app {

// Returns how many lines were answered.
std::uint64_t check_addresses(std::istream& in, std::ostream& out);

}  // namespace tocsin::app
