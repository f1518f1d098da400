#include "mail/token.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace tocsin::mail {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBodyBytes = 38;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kTokenBytes = kBodyBytes + kMacBytes;
static_assert(kTokenBytes * 4 / 3 == kTokenChars && kTokenBytes % 3 == 0);

constexpr std::string_view kBouncePrefix = "b+";
constexpr std::size_t kBounceBodyBytes = 15;
constexpr std::size_t kBounceMacBytes = 15;
constexpr std::size_t kBounceBytes = kBounceBodyBytes + kBounceMacBytes;
static_assert(kBouncePrefix.size() + kBounceBytes * 8 / 5 == kBounceLocalChars &&
              kBounceBytes % 5 == 0);

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kHmacBlockBytes = 64;

// HKDF labels: changing one voids what was sealed with it.
constexpr std::string_view kPurposeLabels[kTokenPurposes] = {
    "tocsin token confirm", "tocsin token unsubscribe", "tocsin token manage",
    "tocsin token not-me",  "tocsin token form",
};
constexpr std::string_view kBounceLabel = "tocsin bounce";
constexpr std::string_view kProofLabel = "tocsin proof of work";
constexpr std::string_view kKeyIdLabel = "tocsin key id";
constexpr std::string_view kPepperLabel = "tocsin suppression pepper";

std::string_view view(const std::array<unsigned char, kSha256Bytes>& digest, std::size_t bytes) {
    return {reinterpret_cast<const char*>(digest.data()), bytes};
}

// Big-endian integers on a fixed buffer.
class Writer {
  public:
    explicit Writer(char* out) : at_(out) {}
    template <class Unsigned>
    void number(Unsigned value) {
        for (std::size_t i = sizeof(Unsigned); i-- > 0;) {
            *at_++ = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
        }
    }
    void bytes(std::string_view text) { at_ = std::copy(text.begin(), text.end(), at_); }

  private:
    char* at_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : at_(bytes.data()) {}
    template <class Unsigned>
    Unsigned number() {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
            value = (value << 8) | static_cast<unsigned char>(*at_++);
        }
        return static_cast<Unsigned>(value);
    }
    std::string bytes(std::size_t count) {
        std::string out(at_, count);
        at_ += count;
        return out;
    }

  private:
    const char* at_;
};

KeyRing::Master derive(std::string_view master) {
    CHECK(master.size() >= kMasterSecretBytesMin);
    std::vector<KeyRing::Mac> purposes;
    purposes.reserve(kTokenPurposes);
    for (const std::string_view label : kPurposeLabels) {
        purposes.emplace_back(hkdf_sha256(master, label, kKeyBytes));
    }
    const std::string id = hkdf_sha256(master, kKeyIdLabel, 1);
    return {static_cast<std::uint8_t>(id.front()), std::move(purposes),
            KeyRing::Mac(hkdf_sha256(master, kBounceLabel, kKeyBytes)),
            KeyRing::Mac(hkdf_sha256(master, kProofLabel, kKeyBytes))};
}

constexpr std::string_view label_of(TokenPurpose purpose) {
    return kPurposeLabels[static_cast<std::size_t>(purpose)];
}

std::uint32_t to_token_seconds(Time time) {
    const auto seconds = std::chrono::floor<Seconds>(time).time_since_epoch().count();
    CHECK(seconds >= 0 && seconds <= UINT32_MAX);  // until 2106
    return static_cast<std::uint32_t>(seconds);
}

Time from_token_seconds(std::uint32_t seconds) {
    return Time(Seconds(seconds));
}

Error not_a_token() {
    return invalid("the link is not valid");
}

}  // namespace

KeyRing::Mac::Mac(std::string_view key) {
    CHECK(key.size() <= kHmacBlockBytes);
    std::array<char, kHmacBlockBytes> block{};
    std::copy(key.begin(), key.end(), block.begin());
    for (char& c : block) {
        c = static_cast<char>(c ^ 0x36);
    }
    inner_.update({block.data(), block.size()});
    for (char& c : block) {
        c = static_cast<char>(c ^ 0x36 ^ 0x5C);
    }
    outer_.update({block.data(), block.size()});
}

std::array<unsigned char, kSha256Bytes> KeyRing::Mac::operator()(std::string_view message) const {
    Sha256 inner = inner_;
    inner.update(message);
    const auto digest = inner.finish();
    Sha256 outer = outer_;
    outer.update(view(digest, digest.size()));
    return outer.finish();
}

KeyRing::KeyRing(const KeyRingSecrets& secrets)
    : pepper_(hkdf_sha256(secrets.pepper.value_or(secrets.master), kPepperLabel, kKeyBytes)) {
    masters_.push_back(derive(secrets.master));
    for (const auto& other : {secrets.previous_master, secrets.next_master}) {
        if (other) {
            masters_.push_back(derive(*other));
        }
    }
    for (const std::string& key : secrets.retired_unsubscribe) {
        CHECK(key.size() == kRetiredKeyBytes);
        retired_.push_back(
            {static_cast<std::uint8_t>(key.front()), Mac(std::string_view(key).substr(1))});
    }
}

KeyRing::KeyRing(std::string_view master, std::optional<std::string> previous_master,
                 std::optional<std::string> pepper)
    : KeyRing(KeyRingSecrets{.master = std::string(master),
                             .previous_master = std::move(previous_master),
                             .next_master = {},
                             .pepper = std::move(pepper),
                             .retired_unsubscribe = {}}) {}

std::string retired_unsubscribe_key(std::string_view master) {
    return hkdf_sha256(master, kKeyIdLabel, 1) +
           hkdf_sha256(master, label_of(TokenPurpose::Unsubscribe), kKeyBytes);
}

std::string seal_token(const KeyRing& ring, const Token& token) {
    CHECK(token.subject.size() == kTokenSubjectBytes);
    const auto purpose = static_cast<std::uint8_t>(token.purpose);
    CHECK(purpose < kTokenPurposes);
    const KeyRing::Master& master = ring.current();

    std::array<char, kTokenBytes> raw;
    Writer writer(raw.data());
    writer.number(static_cast<std::uint8_t>(kVersion << 4 | purpose));
    writer.number(master.id);
    writer.bytes(token.subject);
    writer.number(token.list);
    writer.number(token.ref);
    writer.number(to_token_seconds(token.issued));
    writer.number(token.expires ? to_token_seconds(*token.expires) : std::uint32_t{0});
    const auto mac = master.purposes[purpose]({raw.data(), kBodyBytes});
    writer.bytes(view(mac, kMacBytes));
    return base64url_encode({raw.data(), raw.size()});
}

Result<Token> open_token(const KeyRing& ring, TokenPurpose purpose, std::string_view text,
                         Time now) {
    if (text.size() != kTokenChars) {
        return not_a_token();
    }
    const auto raw = base64url_decode(text);
    if (!raw || raw->size() != kTokenBytes) {
        return not_a_token();
    }
    const std::string_view body = std::string_view(*raw).substr(0, kBodyBytes);
    const std::string_view mac = std::string_view(*raw).substr(kBodyBytes);
    Reader reader(body);
    const auto kind = reader.number<std::uint8_t>();
    const auto key_id = reader.number<std::uint8_t>();
    const auto wanted = static_cast<std::uint8_t>(purpose);
    if (kind != (kVersion << 4 | wanted)) {
        return not_a_token();
    }
    // One byte of key id may be the same for several masters: then all of them are tried.
    const auto sealed_by = [&](std::uint8_t id, const KeyRing::Mac& key) {
        return id == key_id && constant_time_equal(view(key(body), kMacBytes), mac);
    };
    const bool genuine = std::any_of(ring.masters().begin(), ring.masters().end(),
                                     [&](const KeyRing::Master& master) {
                                         return sealed_by(master.id, master.purposes[wanted]);
                                     }) ||
                         (purpose == TokenPurpose::Unsubscribe &&
                          std::any_of(ring.retired().begin(), ring.retired().end(),
                                      [&](const KeyRing::Retired& retired) {
                                          return sealed_by(retired.id, retired.unsubscribe);
                                      }));
    if (!genuine) {
        return not_a_token();
    }
    Token token;
    token.purpose = purpose;
    token.subject = reader.bytes(kTokenSubjectBytes);
    token.list = reader.number<std::uint32_t>();
    token.ref = reader.number<std::uint64_t>();
    token.issued = from_token_seconds(reader.number<std::uint32_t>());
    if (const auto expires = reader.number<std::uint32_t>(); expires != 0) {
        token.expires = from_token_seconds(expires);
        if (now >= *token.expires) {
            return Error(ErrorKind::Expired, "the link has expired");
        }
    }
    return token;
}

std::string bounce_local_part(const KeyRing& ring, std::uint64_t alert, std::uint32_t ordinal,
                              Time now) {
    const auto day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
    CHECK(day >= 0 && day <= UINT16_MAX);  // until 2149
    std::array<char, kBounceBytes> raw;
    Writer writer(raw.data());
    writer.number(ring.current().id);
    writer.number(alert);
    writer.number(ordinal);
    writer.number(static_cast<std::uint16_t>(day));
    const auto mac = ring.current().bounce({raw.data(), kBounceBodyBytes});
    writer.bytes(view(mac, kBounceMacBytes));
    std::string out(kBouncePrefix);
    out += base32_encode({raw.data(), raw.size()});
    return out;
}

Result<BounceToken> open_bounce(const KeyRing& ring, std::string_view local_part, Time now) {
    const Error refusal = invalid("not a bounce address of this service");
    if (local_part.size() != kBounceLocalChars ||
        !ascii_iequals(local_part.substr(0, kBouncePrefix.size()), kBouncePrefix)) {
        return refusal;
    }
    const auto raw = base32_decode(local_part.substr(kBouncePrefix.size()));
    if (!raw || raw->size() != kBounceBytes) {
        return refusal;
    }
    const std::string_view body = std::string_view(*raw).substr(0, kBounceBodyBytes);
    const std::string_view mac = std::string_view(*raw).substr(kBounceBodyBytes);
    Reader reader(body);
    const auto key_id = reader.number<std::uint8_t>();
    const bool genuine = std::any_of(
        ring.masters().begin(), ring.masters().end(), [&](const KeyRing::Master& master) {
            return master.id == key_id &&
                   constant_time_equal(view(master.bounce(body), kBounceMacBytes), mac);
        });
    if (!genuine) {
        return refusal;
    }
    BounceToken token;
    token.alert = reader.number<std::uint64_t>();
    token.ordinal = reader.number<std::uint32_t>();
    token.day = Time(std::chrono::days(reader.number<std::uint16_t>()));
    if (now >= token.day + kBounceLife + std::chrono::days(1)) {
        return Error(ErrorKind::Expired, "the bounce address has expired");
    }
    return token;
}

std::string suppression_hmac(const KeyRing& ring, std::string_view address_key) {
    const auto mac = ring.pepper()(address_key);
    return std::string(view(mac, mac.size()));
}

}  // namespace tocsin::mail
