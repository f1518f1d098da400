// The SMTP client against the SMTP server, over a line that may break anywhere.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mail/smtp_pair_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::mail::SmtpPairPlay::run(std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
