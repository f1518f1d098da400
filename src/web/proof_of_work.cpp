#include "web/proof_of_work.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "base/crypto.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

constexpr std::string_view kAlgorithm = "SHA-256";
constexpr std::int64_t kKeyLength = 32;
constexpr std::size_t kRandomBytes = 16;
// Three zero digits: one counter in 4,096 fits, tried `cost` hashes each. Many cheap tries, not few
// dear ones, so that the time that a proof takes is spread less and checking one costs nothing.
constexpr std::string_view kPrefix = "000";
constexpr std::int64_t kCostMin = 8;
constexpr std::int64_t kCostMax = 64;

// The parameters of a challenge, as far as they differ.
struct Parameters {
    std::int64_t cost = 0;
    std::string form;
    std::string site;
    std::int64_t expires_at = 0;
    std::string nonce;  // hex
    std::string salt;   // hex
};

// In the order of canonical JSON; serialize() keeps it and writes no white space.
json::object to_json(const Parameters& parameters) {
    json::object data;
    data["form"] = parameters.form;
    data["site"] = parameters.site;
    json::object object;
    object["algorithm"] = kAlgorithm;
    object["cost"] = parameters.cost;
    object["data"] = std::move(data);
    object["expiresAt"] = parameters.expires_at;
    object["keyLength"] = kKeyLength;
    object["keyPrefix"] = kPrefix;
    object["nonce"] = parameters.nonce;
    object["salt"] = parameters.salt;
    return object;
}

std::string hex_of(const std::array<unsigned char, kSha256Bytes>& digest) {
    return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool is_signed(const mail::KeyRing& ring, const std::string& canonical, std::string_view given) {
    return std::any_of(ring.masters().begin(), ring.masters().end(),
                       [&](const mail::KeyRing::Master& master) {
                           return constant_time_equal(hex_of(master.proof(canonical)), given);
                       });
}

// Reads members strictly: each must be there, of its type, and no other.
class Members {
  public:
    explicit Members(const json::value* value)
        : object_(value != nullptr ? value->if_object() : nullptr) {}

    bool has_only(std::size_t count) const {
        return object_ != nullptr && object_->size() == count;
    }
    const json::value* at(std::string_view name) const {
        return object_ != nullptr ? object_->if_contains(name) : nullptr;
    }
    std::optional<std::string> text(std::string_view name) const {
        const json::value* value = at(name);
        return value != nullptr && value->is_string()
                   ? std::optional<std::string>(value->get_string())
                   : std::nullopt;
    }
    std::optional<std::int64_t> number(std::string_view name) const {
        const json::value* value = at(name);
        return value != nullptr && value->is_int64() ? std::optional(value->get_int64())
                                                     : std::nullopt;
    }

  private:
    const json::object* object_;
};

std::optional<Parameters> read_parameters(const json::value* value) {
    const Members members(value);
    const Members data(members.at("data"));
    const auto cost = members.number("cost");
    const auto expires_at = members.number("expiresAt");
    auto form = data.text("form");
    auto site = data.text("site");
    auto nonce = members.text("nonce");
    auto salt = members.text("salt");
    const bool whole = members.has_only(8) && data.has_only(2) && cost && expires_at && form &&
                       site && nonce && salt && members.text("algorithm") == kAlgorithm &&
                       members.number("keyLength") == kKeyLength &&
                       members.text("keyPrefix") == kPrefix;
    if (!whole) {
        return std::nullopt;
    }
    return Parameters{*cost,       std::move(*form),  std::move(*site),
                      *expires_at, std::move(*nonce), std::move(*salt)};
}

std::string key_of(const Parameters& parameters, std::uint32_t counter) {
    std::string text = hex_decode(parameters.salt).value_or("");
    text += hex_decode(parameters.nonce).value_or("");
    for (int shift = 24; shift >= 0; shift -= 8) {
        text.push_back(static_cast<char>(counter >> shift & 0xffU));
    }
    for (std::int64_t i = 0; i < parameters.cost; ++i) {
        text = sha256(text);
    }
    return hex_encode(text);
}

bool is_solved(const Parameters& parameters, const Members& solution) {
    const auto counter = solution.number("counter");
    const auto key = solution.text("derivedKey");
    if (!counter || *counter < 0 || *counter > std::numeric_limits<std::uint32_t>::max() || !key ||
        !key->starts_with(kPrefix)) {
        return false;
    }
    return constant_time_equal(key_of(parameters, static_cast<std::uint32_t>(*counter)), *key);
}

}  // namespace

std::string make_challenge(const mail::KeyRing& ring, Random& random, const ProofPlace& place,
                           double load, Time now) {
    Parameters parameters;
    const double share = std::clamp(load, 0.0, 1.0);
    parameters.cost = kCostMin + std::llround(share * static_cast<double>(kCostMax - kCostMin));
    parameters.form = place.form;
    parameters.site = place.site;
    parameters.expires_at =
        std::chrono::floor<Seconds>(now + kProofLife).time_since_epoch().count();
    parameters.nonce = hex_encode(random.bytes(kRandomBytes));
    parameters.salt = hex_encode(random.bytes(kRandomBytes));
    json::object challenge;
    challenge["parameters"] = to_json(parameters);
    challenge["signature"] = hex_of(ring.current().proof(json::serialize(challenge["parameters"])));
    return json::serialize(challenge);
}

Result<Proof> check_proof(const mail::KeyRing& ring, const ProofPlace& place,
                          std::string_view payload, Time now) {
    const Error refusal = invalid("not a proof of work for this form");
    const auto text =
        payload.size() <= kProofPayloadBytesMax ? base64_decode(payload) : std::nullopt;
    if (!text) {
        return refusal;
    }
    json::error_code error;
    const json::value document = json::parse(*text, error);
    if (error) {
        return refusal;
    }
    const Members whole(&document);
    const Members challenge(whole.at("challenge"));
    const auto parameters = read_parameters(challenge.at("parameters"));
    const auto signature = challenge.text("signature");
    // The signature before the work: who has none of ours makes us hash nothing.
    if (!parameters || !signature ||
        !is_signed(ring, json::serialize(to_json(*parameters)), *signature)) {
        return refusal;
    }
    const Time expires{Seconds(parameters->expires_at)};
    if (parameters->site != place.site || parameters->form != place.form || now >= expires ||
        !is_solved(*parameters, Members(whole.at("solution")))) {
        return refusal;
    }
    return Proof{parameters->nonce, expires};
}

}  // namespace tocsin::web
