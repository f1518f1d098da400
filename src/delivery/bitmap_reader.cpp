#include "delivery/bitmap_reader.h"

#include <bit>

namespace tocsin::delivery {
namespace {

constexpr std::uint32_t kPlainCookie = 12'346;
constexpr std::uint32_t kRunsCookie = 12'347;
constexpr std::size_t kOffsetsFrom = 4;  // containers; fewer with runs have no offsets
constexpr std::size_t kArrayMax = 4'096;
constexpr std::size_t kContainersMax = 65'536;
constexpr std::size_t kBitWords = 1'024;  // of 64 bits
constexpr std::uint32_t kContainerEnd = 65'536;

struct Container {
    std::uint32_t key = 0;
    std::uint32_t cardinality = 0;
    bool runs = false;
};

class Reader {
  public:
    Reader(std::string_view bytes, std::size_t limit) : bytes_(bytes), limit_(limit) {}

    std::optional<std::vector<std::uint32_t>> read() {
        if (!read_header()) {
            return std::nullopt;
        }
        for (const Container& container : containers_) {
            const std::size_t before = out_.size();
            const bool good = container.runs                       ? read_runs(container)
                              : container.cardinality <= kArrayMax ? read_array(container)
                                                                   : read_bits(container);
            if (!good || !ok_ || out_.size() - before != container.cardinality) {
                return std::nullopt;
            }
        }
        return bytes_.empty() ? std::optional(std::move(out_)) : std::nullopt;
    }

  private:
    std::uint64_t number(std::size_t size) {
        if (bytes_.size() < size) {
            ok_ = false;
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;) {
            value = value << 8 | static_cast<unsigned char>(bytes_[i]);
        }
        bytes_.remove_prefix(size);
        return value;
    }
    std::uint32_t u16() { return static_cast<std::uint32_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }

    bool read_header() {
        const std::uint32_t cookie = u32();
        const bool runs = (cookie & 0xffff) == kRunsCookie;
        if (!runs && cookie != kPlainCookie) {
            return false;
        }
        const std::size_t count = runs ? (cookie >> 16) + 1 : u32();
        if (count > kContainersMax || count * 4 > bytes_.size()) {
            return false;
        }
        containers_.resize(count);
        for (std::size_t i = 0; runs && i < count; i += 8) {
            const std::uint64_t flags = number(1);
            for (std::size_t bit = 0; bit < 8 && i + bit < count; ++bit) {
                containers_[i + bit].runs = (flags >> bit & 1) != 0;
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            containers_[i].key = u16();
            containers_[i].cardinality = u16() + 1;
            if (i > 0 && containers_[i].key <= containers_[i - 1].key) {
                return false;
            }
        }
        // The containers follow in order: where they begin need not be believed.
        for (std::size_t i = 0; (!runs || count >= kOffsetsFrom) && i < count; ++i) {
            (void)u32();
        }
        return ok_;
    }

    // False: the limit is passed, or the numbers do not ascend.
    bool add(const Container& container, std::uint32_t low) {
        const std::uint32_t value = container.key << 16 | low;
        if (value >= limit_ || (!out_.empty() && value <= out_.back())) {
            return false;
        }
        out_.push_back(value);
        return true;
    }

    bool read_runs(const Container& container) {
        for (std::uint32_t left = u16(); left > 0 && ok_; --left) {
            const std::uint32_t first = u16();
            const std::uint32_t last = first + u16();
            if (last >= kContainerEnd) {
                return false;
            }
            for (std::uint32_t low = first; low <= last; ++low) {
                if (!add(container, low)) {
                    return false;
                }
            }
        }
        return true;
    }

    bool read_array(const Container& container) {
        for (std::uint32_t left = container.cardinality; left > 0 && ok_; --left) {
            if (!add(container, u16())) {
                return false;
            }
        }
        return true;
    }

    bool read_bits(const Container& container) {
        for (std::uint32_t word = 0; word < kBitWords && ok_; ++word) {
            for (std::uint64_t bits = number(8); bits != 0; bits &= bits - 1) {
                const auto bit = static_cast<std::uint32_t>(std::countr_zero(bits));
                if (!add(container, word * 64 + bit)) {
                    return false;
                }
            }
        }
        return true;
    }

    std::string_view bytes_;
    std::size_t limit_;
    bool ok_ = true;
    std::vector<Container> containers_;
    std::vector<std::uint32_t> out_;
};

}  // namespace

std::optional<std::vector<std::uint32_t>> read_bitmap(std::string_view bytes, std::size_t limit) {
    return Reader(bytes, limit).read();
}

}  // namespace tocsin::delivery
