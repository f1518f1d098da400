// The SMTP client against any server, any order of events and any cut of the connection.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mail/smtp_client_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::mail::SmtpClientPlay::run(std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
