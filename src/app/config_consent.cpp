#include "app/config_consent.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/bytes.h"
#include "mail/address.h"

namespace tocsin::app {

namespace {

constexpr std::size_t kControllerBytesMax = 500;
constexpr std::int64_t kCheckpointHoursMax = 31 * 24;
constexpr std::int64_t kKeepDaysMax = 3'650;
// Confirmation links live three days; whoever presses the button on the last must be known.
constexpr std::int64_t kUnconfirmedDaysMin = 4;

Status set_within(std::uint32_t& out, const KeyValue& value, std::int64_t least,
                  std::int64_t most) {
    if (value.number < least || value.number > most) {
        return invalid(fmt::format("must be from {} to {}", least, most));
    }
    out = static_cast<std::uint32_t>(value.number);
    return {};
}

}  // namespace

Status set_controller(Config& config, const KeyValue& value) {
    const bool one_line =
        std::ranges::none_of(value.text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (value.text.size() > kControllerBytesMax || !is_utf8(value.text) || !one_line) {
        return invalid(fmt::format("must be one line of at most {} bytes", kControllerBytesMax));
    }
    config.consent.controller = value.text;
    return {};
}

Status set_checkpoint_hours(Config& config, const KeyValue& value) {
    return set_within(config.consent.checkpoint_hours, value, 0, kCheckpointHoursMax);
}

Status set_checkpoint_to(Config& config, const KeyValue& value) {
    config.consent.checkpoint_to.clear();
    if (value.text.empty()) {
        return {};
    }
    const auto address = mail::Address::parse(value.text);
    if (!address) {
        return invalid("is not a mail address: " + address.error().message());
    }
    if (address->needs_smtputf8()) {
        return invalid("must be plain ASCII before the @");
    }
    config.consent.checkpoint_to = address->text();
    return {};
}

Status set_checkpoint_folder(Config& config, const KeyValue& value) {
    config.consent.checkpoint_folder =
        value.text.empty()
            ? std::string()
            : (std::filesystem::path(config.folder) / value.text).lexically_normal().string();
    return {};
}

Status set_keep_ip_days(Config& config, const KeyValue& value) {
    return set_within(config.consent.keep_ip_days, value, 0, kKeepDaysMax);
}

Status set_keep_unconfirmed_days(Config& config, const KeyValue& value) {
    return set_within(config.consent.keep_unconfirmed_days, value, kUnconfirmedDaysMin,
                      kKeepDaysMax);
}

}  // namespace tocsin::app
