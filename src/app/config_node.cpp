#include "app/config_node.h"

#include "store/postgres_url.h"

namespace tocsin::app {

namespace {

using Role = Config::Node::Role;

constexpr std::size_t kNodeNameBytesMax = 63;

}  // namespace

std::string_view to_string(Role role) {
    switch (role) {
        case Role::All:
            return "all";
        case Role::Web:
            return "web";
        case Role::Send:
            return "send";
    }
    return "";
}

std::optional<Role> parse_node_role(std::string_view text) {
    for (const Role role : {Role::All, Role::Web, Role::Send}) {
        if (text == to_string(role)) {
            return role;
        }
    }
    return std::nullopt;
}

Status check_node_role(const Config& config) {
    if (config.node.role == Role::All || store::is_postgres_url(config.store.url)) {
        return {};
    }
    return invalid(
        fmt::format("[node] role is \"{}\", but [store] url is a file, which one process has to "
                    "itself: use \"all\", or a PostgreSQL database that several machines share",
                    to_string(config.node.role)));
}

Status set_pooler(Config& config, const KeyValue& value) {
    if (value.text != "refuse" && value.text != "session") {
        return invalid("must be refuse or session");
    }
    config.store.pooler =
        value.text == "session" ? Config::Store::Pooler::Session : Config::Store::Pooler::Refuse;
    return {};
}

Status set_role(Config& config, const KeyValue& value) {
    const auto role = parse_node_role(value.text);
    if (!role) {
        return invalid("must be all, web or send");
    }
    config.node.role = *role;
    return {};
}

Status set_node_name(Config& config, const KeyValue& value) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (value.text.size() > kNodeNameBytesMax ||
        value.text.find_first_not_of(kAllowed) != std::string::npos) {
        return invalid(fmt::format("may have only letters, digits, hyphens and dots, at most {}",
                                   kNodeNameBytesMax));
    }
    config.node.name = value.text;
    return {};
}

}  // namespace tocsin::app
