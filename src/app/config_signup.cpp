#include "app/config_signup.h"

#include <filesystem>

#include <fmt/format.h>

namespace tocsin::app {

namespace {

using Proof = model::SignupLimits::Proof;

constexpr std::int64_t kCountMax = 10'000'000;
constexpr std::int64_t kFillSecondsMax = 30;
// Longer, and readers wonder whether the button works.
constexpr std::int64_t kAnswerMsMax = 1'000;

Status set_count(std::int64_t& out, const KeyValue& value) {
    if (value.number < 1 || value.number > kCountMax) {
        return invalid(fmt::format("must be from 1 to {}", kCountMax));
    }
    out = value.number;
    return {};
}

}  // namespace

Status set_signup_service(Config& config, const KeyValue& value) {
    return set_count(config.signup.limits.service_per_minute, value);
}

Status set_signup_domain(Config& config, const KeyValue& value) {
    return set_count(config.signup.limits.domain_per_hour, value);
}

Status set_signup_address(Config& config, const KeyValue& value) {
    return set_count(config.signup.limits.address_per_hour, value);
}

Status set_signup_network(Config& config, const KeyValue& value) {
    return set_count(config.signup.limits.network_per_hour, value);
}

Status set_signup_fill(Config& config, const KeyValue& value) {
    if (value.number < 0 || value.number > kFillSecondsMax) {
        return invalid(fmt::format("must be from 0 to {}", kFillSecondsMax));
    }
    config.signup.limits.fill_time = Seconds(value.number);
    return {};
}

Status set_signup_answer(Config& config, const KeyValue& value) {
    if (value.number < 0 || value.number > kAnswerMsMax) {
        return invalid(fmt::format("must be from 0 to {}", kAnswerMsMax));
    }
    config.signup.answer_time = Milliseconds(value.number);
    return {};
}

Status set_signup_proof(Config& config, const KeyValue& value) {
    for (const auto& [name, proof] :
         {std::pair("when-needed", Proof::WhenNeeded), std::pair("always", Proof::Always),
          std::pair("never", Proof::Never)}) {
        if (value.text == name) {
            config.signup.limits.proof = proof;
            return {};
        }
    }
    return invalid("must be when-needed, always or never");
}

Status set_signup_disposable(Config& config, const KeyValue& value) {
    config.signup.disposable_domains =
        value.text.empty()
            ? std::string()
            : (std::filesystem::path(config.folder) / value.text).lexically_normal().string();
    return {};
}

}  // namespace tocsin::app
