// SmtpCapabilities: what a server said in its answer to EHLO (RFC 5321 section 4.1.1.1).
//
//   text = greeting *( LF keyword *( SP parameter ) )     ; a Reply's text, one line an extension
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::mail {

struct SmtpCapabilities {
    bool pipelining = false;     // RFC 2920
    bool chunking = false;       // RFC 3030
    bool eight_bit = false;      // 8BITMIME, RFC 6152
    bool smtputf8 = false;       // RFC 6531
    bool starttls = false;       // RFC 3207
    bool size = false;           // RFC 1870
    std::uint64_t size_max = 0;  // 0: no limit said
    bool auth_plain = false;     // RFC 4954
    bool auth_login = false;
};

// Unknown keywords and malformed parameters are passed over.
SmtpCapabilities parse_capabilities(std::string_view ehlo_text);

}  // namespace tocsin::mail
