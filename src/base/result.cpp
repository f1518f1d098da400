#include "base/result.h"

#include <stdexcept>

namespace tocsin {

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Invalid:
            return "invalid";
        case ErrorKind::NotFound:
            return "not_found";
        case ErrorKind::Conflict:
            return "conflict";
        case ErrorKind::Forbidden:
            return "forbidden";
        case ErrorKind::Unauthorized:
            return "unauthorized";
        case ErrorKind::Expired:
            return "expired";
        case ErrorKind::Limited:
            return "limited";
        case ErrorKind::Unavailable:
            return "unavailable";
        case ErrorKind::Timeout:
            return "timeout";
        case ErrorKind::Cancelled:
            return "cancelled";
        case ErrorKind::Io:
            return "io";
        case ErrorKind::Corrupt:
            return "corrupt";
        case ErrorKind::Internal:
            return "internal";
    }
    return "internal";
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.message());
}

}  // namespace tocsin
