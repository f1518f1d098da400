// Any bytes as a mail: what comes out is UTF-8 that a page can show.
#include "base/bytes.h"
#include "base/check.h"
#include "mail/mime_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto mail =
        tocsin::mail::parse_mail(std::string_view(reinterpret_cast<const char*>(data), size));
    CHECK(!mail || (tocsin::is_utf8(mail->subject) && tocsin::is_utf8(mail->from) &&
                    tocsin::is_utf8(mail->text) && tocsin::is_utf8(mail->html)));
    return 0;
}
