// Any bytes, with a fitting checksum, as a frozen message: refused, or safe to compose from.
#include "base/check.h"
#include "base/crypto.h"
#include "mail/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto message = tocsin::mail::MessageTemplate::decode(bytes + tocsin::sha256(bytes));
    if (message) {
        CHECK(message->encode() == bytes + tocsin::sha256(bytes));
        std::string out;
        tocsin::mail::MessageComposer composer(*message, nullptr);
        (void)composer.compose({"a@example.com", "1@example.com", std::string(72, 'U'),
                                std::string(72, 'P'), "0@example.com"},
                               out);
    }
    return 0;
}
