// Any text as a link token and as a bounce address: without the key nothing opens.
#include "base/check.h"
#include "mail/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tocsin::mail::KeyRing ring(std::string(32, 'k'), std::string(32, 'p'));
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto now = tocsin::from_ms(1'795'502'159'000);
    for (std::size_t purpose = 0; purpose < tocsin::mail::kTokenPurposes; ++purpose) {
        CHECK(!open_token(ring, static_cast<tocsin::mail::TokenPurpose>(purpose), text, now));
    }
    CHECK(!open_bounce(ring, text, now));
    return 0;
}
