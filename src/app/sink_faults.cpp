#include "app/sink_faults.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace tocsin::app {
namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "greet421", "starttls_refused", "mail421", "mail4xx", "mail5xx", "data4xx",
    "cut_data", "cut_before",       "dot4xx",  "dot5xx",  "garbage", "cut_after",
    "lines100", "rcpt4xx",          "rcpt5xx", "greylist"};
constexpr std::array<std::string_view, 2> kWriteNames = {"split", "delay"};

bool is_name(std::string_view name) {
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
           std::find(kWriteNames.begin(), kWriteNames.end(), name) != kWriteNames.end();
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
        if (is_number && name == "delay_ms" && number >= 0 && number <= 3'600'000) {
            out.delay_ms_ = static_cast<std::size_t>(number);
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
