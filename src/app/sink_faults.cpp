#include "app/sink_faults.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace tocsin::app {
namespace {

constexpr std::array<std::string_view, 6> kOfConnections = {
    "greet421",        "no_chunking",      "no_pipelining",
    "starttls_hidden", "starttls_refused", "starttls_injected"};
constexpr std::array<std::string_view, 14> kOfMessages = {
    "mail421", "mail4xx", "mail5xx", "data4xx",       "cut_data",  "cut_before", "dot421",
    "dot4xx",  "dot5xx",  "garbage", "garbage_after", "cut_after", "late",       "lines100"};
constexpr std::array<std::string_view, 5> kOfRecipients = {"rcpt4xx", "rcpt5xx", "rcpt552",
                                                           "rcpt421", "greylist"};
constexpr std::array<std::string_view, 2> kOfWrites = {"split", "delay"};
constexpr double kSettingMax = 3'600'000;

bool is_name(std::string_view name) {
    const auto is_in = [name](const auto& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return is_in(kOfConnections) || is_in(kOfMessages) || is_in(kOfRecipients) || is_in(kOfWrites);
}

}  // namespace

Result<SinkFaults> SinkFaults::parse(std::string_view spec) {
    SinkFaults out;
    while (!spec.empty()) {
        const std::string_view word = trim(spec.substr(0, spec.find(',')));
        spec.remove_prefix(std::min(spec.size(), spec.find(',')));
        spec.remove_prefix(spec.empty() ? 0 : 1);
        if (word.empty()) {
            continue;
        }
        const std::size_t equals = word.rfind('=');
        const std::string_view key = word.substr(0, equals);
        const std::string_view text =
            equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool is_number = error == std::errc() && end == text.data() + text.size();
        const std::string_view name = key.substr(0, key.find(':'));
        std::size_t* const setting = out.setting(key);
        if (is_number && setting != nullptr && number >= 0 && number <= kSettingMax) {
            *setting = static_cast<std::size_t>(number);
            continue;
        }
        if (!is_number || !is_name(name) || number < 0 || number > 1) {
            return invalid("'" + std::string(word) +
                           "' is no fault: write name=probability, such as cut_after=0.01");
        }
        Fault fault;
        fault.name = name;
        fault.probability = number;
        fault.substring = key.substr(std::min(key.size(), name.size() + 1));
        out.faults_.push_back(std::move(fault));
    }
    return out;
}

std::size_t* SinkFaults::setting(std::string_view name) {
    return name == "delay_ms"   ? &delay_ms_
           : name == "late_ms"  ? &late_ms_
           : name == "cuts_max" ? &cuts_max_
                                : nullptr;
}

bool SinkFaults::configured(std::string_view fault) const {
    return std::any_of(faults_.begin(), faults_.end(), [fault](const Fault& known) {
        return known.name == fault && known.probability > 0;
    });
}

bool SinkFaults::happens(std::string_view fault, Random& random, std::string_view address) const {
    constexpr std::uint64_t kSteps = 1'000'000;
    for (const Fault& known : faults_) {
        if (known.name != fault || address.find(known.substring) == std::string_view::npos) {
            continue;
        }
        const auto threshold = static_cast<std::uint64_t>(known.probability * double(kSteps));
        if (random.below(kSteps) < threshold) {
            return true;
        }
    }
    return false;
}

}  // namespace tocsin::app
