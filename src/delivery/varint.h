// Variable-length integers for the engine's stored formats (LEB128: seven bits a byte, low first).
// The reader takes untrusted bytes: past the end or over-long it turns `ok` off and gives zeros.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::delivery {

inline void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

// Small numbers of either sign become small varints: 0, -1, 1, -2 ... -> 0, 1, 2, 3 ...
inline std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t left() const { return bytes_.size(); }

    std::uint8_t byte() {
        if (bytes_.empty()) {
            ok_ = false;
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t b = byte();
            value |= static_cast<std::uint64_t>(b & 0x7F) << shift;
            if (b < 0x80) {
                return ok_ ? value : 0;
            }
        }
        ok_ = false;
        return 0;
    }
    // A varint that may be at most `max`.
    std::uint64_t varint(std::uint64_t max) {
        const std::uint64_t value = varint();
        if (value > max) {
            ok_ = false;
            return 0;
        }
        return value;
    }
    std::int64_t zigzag() { return unzigzag(varint()); }
    std::string_view bytes(std::uint64_t count) {
        if (count > bytes_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }

  private:
    std::string_view bytes_;
    bool ok_ = true;
};

}  // namespace tocsin::delivery
