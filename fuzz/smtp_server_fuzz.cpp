// The SMTP server against any client.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mail/smtp_server_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::mail::play_smtp_server(std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
