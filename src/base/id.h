// Strong integer ids: a SubscriberId cannot be passed where an AlertId is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tocsin {

template <class Tag>
class Id {
  public:
    Id() = default;
    constexpr explicit Id(std::int64_t value) : value_(value) {}
    constexpr std::int64_t value() const { return value_; }
    // 0 is never a stored id.
    constexpr bool valid() const { return value_ != 0; }
    friend constexpr auto operator<=>(Id, Id) = default;

  private:
    std::int64_t value_ = 0;
};

using SubscriberId = Id<struct SubscriberTag>;
using ListId = Id<struct ListTag>;
using AlertId = Id<struct AlertTag>;
using RevisionId = Id<struct RevisionTag>;
using UserId = Id<struct UserTag>;
using OutboxId = Id<struct OutboxTag>;

}  // namespace tocsin

template <class Tag>
struct std::hash<tocsin::Id<Tag>> {
    std::size_t operator()(tocsin::Id<Tag> id) const noexcept {
        return std::hash<std::int64_t>{}(id.value());
    }
};
