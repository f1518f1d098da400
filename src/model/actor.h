// Actor: who does something, and what they may do. A plain value; any thread.
//
// The name is what records keep ("staff:ann", "token:cms", "operator"); permissions come from a
// person's role, a token's scopes, or the control socket. Deciding is here, once; pages and the
// API ask `allows()` and never look at roles.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::model {

enum class Permission : std::uint32_t {
    ReadAlerts = 1U << 0U,
    WriteAlerts = 1U << 1U,
    ApproveAlerts = 1U << 2U,
    ReleaseAlerts = 1U << 3U,
    StopAlerts = 1U << 4U,
    ReadLists = 1U << 5U,
    ChangeLists = 1U << 6U,
    ReadSubscribers = 1U << 7U,    // one reader's record, exports
    ChangeSubscribers = 1U << 8U,  // import, erase
    Configure = 1U << 9U,          // people, tokens, settings
    Automate = 1U << 10U,          // approve and release an alert of its own in one step
};

class Permissions {
  public:
    Permissions() = default;
    Permissions(std::initializer_list<Permission> list) {
        for (Permission permission : list) {
            bits_ |= static_cast<std::uint32_t>(permission);
        }
    }
    bool allow(Permission permission) const {
        return (bits_ & static_cast<std::uint32_t>(permission)) != 0;
    }
    Permissions operator|(Permissions other) const {
        other.bits_ |= bits_;
        return other;
    }
    friend bool operator==(Permissions, Permissions) = default;

  private:
    std::uint32_t bits_ = 0;
};

struct Actor {
    std::string name;
    Permissions permissions;

    bool allows(Permission permission) const { return permissions.allow(permission); }
};

enum class Role { Writer, Editor, Audience, Administrator, Auditor };

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

// What a role may do. An administrator keeps the machine, not the news: only where one person is
// the whole newsroom (`people_required` is 1) may an administrator also approve and release.
Permissions role_permissions(Role role, int people_required);

// The operator on the control socket owns the machine and may do everything.
Actor operator_actor();

// Scopes of an API token, as stored: space separated words of kTokenScopes. Unknown: Invalid.
Result<Permissions> scope_permissions(std::string_view scopes);
inline constexpr std::string_view kTokenScopes[] = {"read", "alerts:draft", "alerts:release",
                                                    "lists", "subscribers"};

}  // namespace tocsin::model
