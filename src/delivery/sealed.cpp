#include "delivery/sealed.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace tocsin::delivery {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kChecksumBytes = 8;

}  // namespace

std::string begin_sealed(char magic) {
    return std::string{magic, kVersion};
}

void seal(std::string& blob) {
    blob += sha256(blob).substr(0, kChecksumBytes);
}

Result<std::string_view> unseal(std::string_view blob, char magic, std::string_view what) {
    if (blob.size() < 2 + kChecksumBytes || blob[0] != magic) {
        return Error(ErrorKind::Corrupt, fmt::format("{} is damaged: it is none", what));
    }
    if (blob[1] != kVersion) {
        return Error(ErrorKind::Corrupt,
                     fmt::format("{} was written by another version of Tocsin", what));
    }
    const std::string_view body = blob.substr(0, blob.size() - kChecksumBytes);
    if (sha256(body).substr(0, kChecksumBytes) != blob.substr(body.size())) {
        return Error(ErrorKind::Corrupt,
                     fmt::format("{} is damaged: its checksum does not fit", what));
    }
    return body.substr(2);
}

}  // namespace tocsin::delivery
