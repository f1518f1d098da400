#include "app/check_address.h"

#include <istream>
#include <ostream>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/bytes.h"
#include "mail/address.h"

namespace tocsin::app {

namespace {

// Far above any address: what is longer is refused for its length and shown only in part.
constexpr std::size_t kLineBytesMax = 4096;

enum class Line { Read, Ended };

// Reads to the next LF or the end. Of a longer line the first kLineBytesMax + 1 bytes are kept.
Line read_line(std::istream& in, std::string& line) {
    line.clear();
    std::streambuf& bytes = *in.rdbuf();
    constexpr int kEnd = std::char_traits<char>::eof();
    int c = bytes.sbumpc();
    if (c == kEnd) {
        return Line::Ended;
    }
    for (; c != kEnd && c != '\n'; c = bytes.sbumpc()) {
        if (line.size() <= kLineBytesMax) {
            line.push_back(static_cast<char>(c));
        }
    }
    return Line::Read;
}

// The longest prefix that is UTF-8, then U+FFFD for the byte that is not, and so on: JSON is UTF-8.
std::string to_utf8(std::string_view bytes) {
    if (is_utf8(bytes)) {
        return std::string(bytes);
    }
    std::string out;
    while (!bytes.empty()) {
        constexpr std::size_t kPointBytesMax = 4;
        std::size_t length = 1;
        while (length < kPointBytesMax && length < bytes.size() &&
               !is_utf8(bytes.substr(0, length))) {
            ++length;
        }
        if (is_utf8(bytes.substr(0, length))) {
            out += bytes.substr(0, length);
            bytes.remove_prefix(length);
        } else {
            out += "\xEF\xBF\xBD";
            bytes.remove_prefix(1);
        }
    }
    return out;
}

boost::json::object answer(const std::string& line) {
    boost::json::object object;
    const mail::AddressCheck check = mail::check_address(line);
    object["address"] = to_utf8(std::string_view(line).substr(0, kLineBytesMax));
    object["ok"] = check.ok;
    object["reason"] = check.reason;
    object["suggestion"] = check.suggestion;
    return object;
}

}  // namespace

std::uint64_t check_addresses(std::istream& in, std::ostream& out) {
    std::uint64_t lines = 0;
    std::string line;
    while (read_line(in, line) == Line::Read) {
        out << boost::json::serialize(answer(line)) << '\n';
        ++lines;
        if (in.rdbuf()->in_avail() <= 0) {
            out.flush();
        }
    }
    out.flush();
    return lines;
}

}  // namespace tocsin::app
