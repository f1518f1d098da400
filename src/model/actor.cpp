#include "model/actor.h"

#include <array>
#include <utility>

namespace tocsin::model {

namespace {

using enum Permission;

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{
    {Role::Writer, "writer"},
    {Role::Editor, "editor"},
    {Role::Audience, "audience"},
    {Role::Administrator, "administrator"},
    {Role::Auditor, "auditor"},
}};

const Permissions kWriter{ReadAlerts, WriteAlerts, ReadLists};
const Permissions kEditor{ReadAlerts, WriteAlerts, ApproveAlerts,  ReleaseAlerts,
                          StopAlerts, ReadLists,   ReadSubscribers};
const Permissions kAudience{ReadAlerts, ReadLists, ChangeLists, ReadSubscribers, ChangeSubscribers};
const Permissions kAuditor{ReadAlerts, ReadLists, ReadSubscribers};
const Permissions kAdministrator = kAudience | Permissions{WriteAlerts, StopAlerts, Configure};

}  // namespace

std::string_view to_string(Role role) {
    for (const auto& [known, name] : kRoles) {
        if (known == role) {
            return name;
        }
    }
    return "writer";
}

std::optional<Role> parse_role(std::string_view text) {
    for (const auto& [role, name] : kRoles) {
        if (name == text) {
            return role;
        }
    }
    return std::nullopt;
}

Permissions role_permissions(Role role, int people_required) {
    switch (role) {
        case Role::Writer:
            return kWriter;
        case Role::Editor:
            return kEditor;
        case Role::Audience:
            return kAudience;
        case Role::Auditor:
            return kAuditor;
        case Role::Administrator:
            return people_required <= 1 ? kAdministrator | kEditor : kAdministrator;
    }
    return {};
}

Actor operator_actor() {
    return Actor{"operator", kAdministrator | kEditor | Permissions{Automate}};
}

Result<Permissions> scope_permissions(std::string_view scopes) {
    Permissions all;
    while (!scopes.empty()) {
        const std::size_t space = scopes.find(' ');
        const std::string_view word = scopes.substr(0, space);
        scopes.remove_prefix(space == std::string_view::npos ? scopes.size() : space + 1);
        if (word.empty()) {
            continue;
        }
        if (word == "read") {
            all = all | Permissions{ReadAlerts, ReadLists};
        } else if (word == "alerts:draft") {
            all = all | Permissions{ReadAlerts, WriteAlerts, ReadLists};
        } else if (word == "alerts:release") {
            all = all | Permissions{ReadAlerts,    WriteAlerts, ReadLists,
                                    ReleaseAlerts, StopAlerts,  Automate};
        } else if (word == "lists") {
            all = all | Permissions{ReadLists, ChangeLists};
        } else if (word == "subscribers") {
            all = all | Permissions{ReadLists, ReadSubscribers, ChangeSubscribers};
        } else {
            return invalid("unknown scope \"" + std::string(word) + "\"");
        }
    }
    return all;
}

}  // namespace tocsin::model
