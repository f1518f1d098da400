#include "model/connect_backoff.h"

#include <algorithm>

#include <fmt/format.h>

namespace tocsin::model {

void ConnectBackoff::on_failed(SteadyTime now, std::string why) {
    why_ = std::move(why);
    if (now < after_) {
        return;
    }
    const Seconds backoff(1 << std::min<std::uint32_t>(failures_, 6));
    ++failures_;
    after_ = now + std::min(kConnectBackoffMax, backoff);
}

void ConnectBackoff::on_connected() {
    failures_ = 0;
    after_ = SteadyTime{};
    why_.clear();
}

std::string ConnectBackoff::reason(SteadyTime now) const {
    if (failures_ == 0) {
        return {};
    }
    const auto left = std::chrono::ceil<Seconds>(after_ - now).count();
    return fmt::format("no connection, next try in {} s: {}", std::max<std::int64_t>(0, left),
                       why_);
}

}  // namespace tocsin::model
