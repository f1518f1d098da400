// Address: a mail address that parsed. The only way from text to an address in Tocsin.
//
// Parsed once into {local, domain}; envelopes and headers are built from the parts, so that no two
// readers of one string can ever disagree about where a mail goes (the "split atom" attacks). What
// is accepted is the WHATWG form rule, narrowed:
//
//   address = local "@" domain            at most 254 bytes as sent (RFC 5321 section 4.5.3.1)
//   local   = 1*64 of ALPHA DIGIT .!#$%&'*+/=?^_`{|}~- and UTF-8 letters (RFC 6531);
//             no dot at either end, no two dots together, no encoded-word (RFC 2047 section 5)
//   domain  = label 1*("." label)         at most 253 bytes as A-labels; last label not all digits
//   label   = 1*63 of ALPHA DIGIT "-"; no hyphen at either end; "--" in third place only in "xn--"
//
// Refused on purpose though RFC 5322 knows them: quoted local parts, comments, folding, address
// literals, dotless domains. Unicode domains go through UTS 46 (non-transitional) and IDNA2008
// once, here, and are A-labels ever after. Unicode local parts are kept as typed and marked; what
// cannot be seen or told apart (controls, bidi, zero-width, private or unassigned) is refused.
//
// Plain values, any thread. Does not ask the DNS whether the domain takes mail.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::mail {

class Address {
  public:
    // Invalid, with the reason as one sentence without the address in it. No white space is
    // trimmed: forms do that before.
    static Result<Address> parse(std::string_view text);

    // As typed.
    const std::string& local() const { return local_; }
    // A-labels, lower case.
    const std::string& domain() const { return domain_; }
    // The local part is not ASCII: only a server that offers SMTPUTF8 can take it.
    bool needs_smtputf8() const { return smtputf8_; }
    // "local@domain", as it is sent.
    std::string text() const { return local_ + "@" + domain_; }
    // What makes two addresses one reader's: ASCII-lowered local part in NFC, "@", domain. Neither
    // "+tag" nor dots are folded: whose they are is the provider's business.
    std::string key() const;

    friend bool operator==(const Address&, const Address&) = default;

  private:
    Address(std::string local, std::string domain, bool smtputf8)
        : local_(std::move(local)), domain_(std::move(domain)), smtputf8_(smtputf8) {}

    std::string local_;
    std::string domain_;
    bool smtputf8_;
};

// The domain rule alone, for domains that are configured: A-labels, lower case.
Result<std::string> parse_domain(std::string_view text);

// True for names that can never receive mail from the internet (RFC 2606, RFC 6761, RFC 9476:
// example, test, invalid, localhost, local, onion, internal, alt, arpa and example.com/net/org).
// `domain` is A-labels in lower case. Apart from parsing because tests and demonstrations need
// them.
bool is_reserved_domain(std::string_view domain);

// What a form or an import tells about one address.
struct AddressCheck {
    bool ok = false;
    std::string reason;      // why not; empty if ok
    std::string suggestion;  // the whole corrected address, or empty; may be there though ok
};
AddressCheck check_address(std::string_view text);

}  // namespace tocsin::mail
