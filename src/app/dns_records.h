// The DNS records that an installation needs, exactly as they are published. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace tocsin::app {

struct DnsRecord {
    enum class Purpose { Spf, Dkim, Dmarc };

    Purpose purpose = Purpose::Dkim;
    std::string name;   // "tocsin._domainkey.example.org"
    std::string value;  // of the TXT record, as one text
    std::string note;   // what an administrator may have to adapt; may be empty
};

// SPF of the envelope sender's domain, DKIM of each key that is configured (read from its file),
// DMARC of the domain in From.
Result<std::vector<DnsRecord>> dns_records(const Config& config);

// One line for a zone file: name, TXT, quoted strings of at most 255 bytes.
std::string zone_line(const DnsRecord& record);

// All texts of the TXT records at the name, each one's strings joined. NotFound: the name or the
// type does not exist. Unavailable: no resolver answered in about five seconds. Blocks.
Result<std::vector<std::string>> lookup_txt(const std::string& name);
using TxtLookup = std::function<Result<std::vector<std::string>>(const std::string& name)>;

}  // namespace tocsin::app
