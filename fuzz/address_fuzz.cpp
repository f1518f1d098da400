// Any text as an address: what parses is sent and parsed again as the same address.
#include "base/check.h"
#include "mail/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto check = tocsin::mail::check_address(text);
    CHECK(check.ok == check.reason.empty());
    CHECK(check.suggestion.empty() || tocsin::mail::Address::parse(check.suggestion));
    if (const auto address = tocsin::mail::Address::parse(text)) {
        const auto again = tocsin::mail::Address::parse(address->text());
        CHECK(again && *again == *address && again->key() == address->key());
    }
    return 0;
}
