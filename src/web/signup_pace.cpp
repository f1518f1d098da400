#include "web/signup_pace.h"

#include <vector>

#include <boost/asio/ip/address.hpp>

#include "mail/address_suggestion.h"
#include "store/pace.h"

namespace tocsin::web {

namespace {

namespace ip = boost::asio::ip;

bool is_private(const ip::address_v4& address) {
    const auto b = address.to_bytes();
    return b[0] == 0 || b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64) || b[0] >= 224;
}

bool is_private(const ip::address_v6& address) {
    const auto b = address.to_bytes();
    return (b[0] & 0xe0) != 0x20;  // only 2000::/3 is given out
}

// One bucket of a sign-up, with the keys of it and of its queue.
struct Counted {
    std::string key;
    std::string queue_key;
    model::SignupBucket bucket;
};

Result<model::SignupVerdict> take(store::Database& db, const std::vector<Counted>& counted,
                                  const SignupSource& source, Time now) {
    std::vector<std::string> keys;
    for (const Counted& one : counted) {
        keys.push_back(one.key);
        keys.push_back(one.queue_key);
    }
    const std::vector<Time> until = store::find_in_use_until(db, keys);
    std::vector<model::SignupUse> uses;
    for (std::size_t i = 0; i < counted.size(); ++i) {
        uses.push_back({counted[i].bucket, until[2 * i], until[2 * i + 1]});
    }
    const model::SignupVerdict verdict =
        model::judge_signup(uses, source.trust, source.can_prove, now);
    if (verdict.kind == model::SignupVerdict::Kind::Refuse) {
        return Error(ErrorKind::Limited, "too many sign-ups at this moment");
    }
    if (verdict.kind == model::SignupVerdict::Kind::Take) {
        std::vector<store::InUse> changed;
        for (std::size_t i = 0; i < counted.size(); ++i) {
            if (uses[i].full_at != until[2 * i]) {
                changed.push_back({counted[i].key, uses[i].full_at});
            }
            if (uses[i].queue_at != until[2 * i + 1]) {
                changed.push_back({counted[i].queue_key, uses[i].queue_at});
            }
        }
        store::write_in_use_until(db, changed);
    }
    return verdict;
}

}  // namespace

std::optional<PublicNetwork> public_network(std::string_view peer) {
    boost::system::error_code error;
    const ip::address address = ip::make_address(std::string(peer), error);
    if (error) {
        return std::nullopt;
    }
    if (address.is_v4()) {
        const auto b = address.to_v4().to_bytes();
        if (is_private(address.to_v4())) {
            return std::nullopt;
        }
        return PublicNetwork{fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]),
                             fmt::format("{}.{}.{}", b[0], b[1], b[2])};
    }
    if (address.to_v6().is_v4_mapped()) {
        return public_network(ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string());
    }
    const auto b = address.to_v6().to_bytes();
    if (is_private(address.to_v6())) {
        return std::nullopt;
    }
    const std::string network =
        fmt::format("{:02x}{:02x}:{:02x}{:02x}:{:02x}{:02x}", b[0], b[1], b[2], b[3], b[4], b[5]);
    return PublicNetwork{fmt::format("{}:{:02x}{:02x}", network, b[6], b[7]), network};
}

std::string SignupPace::key(std::string_view kind, std::string_view what) const {
    const auto mac = ring_.pepper()(fmt::format("sign-ups of {} {}", kind, what));
    return std::string(mac.begin(), mac.end());
}

std::function<Result<model::SignupVerdict>(store::Database&)> SignupPace::admission(
    SignupSource source, Time now) const {
    std::vector<Counted> counted;
    const auto add = [&](std::string_view kind, std::string_view what,
                         const model::SignupBucket& bucket) {
        counted.push_back({key(kind, what), key(fmt::format("queued {}", kind), what), bucket});
    };
    if (const auto network = public_network(source.peer)) {
        add("address", network->address, model::address_bucket(limits_));
        add("network", network->network, model::network_bucket(limits_));
    }
    if (!source.domain.empty() && !mail::is_large_provider(source.domain)) {
        add("domain", source.domain, model::domain_bucket(limits_));
    }
    add("service", "", model::service_bucket(limits_));
    const std::string proof =
        source.proof_nonce.empty() ? std::string() : key("proof", source.proof_nonce);
    return [counted = std::move(counted), source = std::move(source), proof,
            now](store::Database& db) -> Result<model::SignupVerdict> {
        if (!proof.empty() && !store::use_once(db, proof, source.proof_expires)) {
            return Error(ErrorKind::Limited, "this proof of work has been used");
        }
        return take(db, counted, source, now);
    };
}

}  // namespace tocsin::web
