#include "app/dns_records.h"

#include <arpa/nameser.h>
#include <cstring>
#include <netinet/in.h>
#include <resolv.h>

#include <fmt/format.h>

#include "app/secrets.h"
#include "mail/dkim.h"

namespace tocsin::app {

namespace {

constexpr int kResolverTries = 2;
constexpr int kResolverTrySeconds = 2;
constexpr std::size_t kAnswerBytesMax = 65536;

std::string domain_of(const std::string& address) {
    return address.substr(address.find('@') + 1);
}

DnsRecord spf_record(const Config& config) {
    DnsRecord record;
    record.purpose = DnsRecord::Purpose::Spf;
    record.name = config.inbound.bounce_domain;
    const std::string host =
        config.delivery.relay ? config.delivery.relay->host : config.delivery.helo;
    record.value = fmt::format("v=spf1 a:{} ~all", host);
    record.note =
        "or what the smarthost's provider asks for, as in v=spf1 include:spf.provider.example "
        "~all; "
        "a domain has one SPF record: add to the one that is there";
    return record;
}

Result<DnsRecord> dkim_record(const Config& config, const std::string& selector,
                              const std::string& key_file) {
    TRY_AS(const std::string pem, read_private_file(key_file));
    auto value = mail::dkim_dns_record(pem);
    if (!value) {
        return value.error().with_context(key_file);
    }
    DnsRecord record;
    record.purpose = DnsRecord::Purpose::Dkim;
    record.name = fmt::format("{}._domainkey.{}", selector, config.dkim.domain);
    record.value = std::move(*value);
    return record;
}

DnsRecord dmarc_record(const Config& config) {
    const std::string domain = domain_of(config.site.from);
    DnsRecord record;
    record.purpose = DnsRecord::Purpose::Dmarc;
    record.name = "_dmarc." + domain;
    record.value = fmt::format("v=DMARC1; p=none; rua=mailto:dmarc@{}", domain);
    record.note =
        "p=none only reports; go on to p=quarantine when the reports show all mail aligned";
    return record;
}

// A resolver of one call, so that nothing is shared between threads.
class Resolver {
  public:
    Resolver() {
        ok_ = res_ninit(&state_) == 0;
        state_.retrans = kResolverTrySeconds;
        state_.retry = kResolverTries;
    }
    ~Resolver() {
        if (ok_) {
            res_nclose(&state_);
        }
    }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    Result<std::string> txt_answer(const std::string& name) {
        if (!ok_) {
            return unavailable("this machine has no resolver configured");
        }
        std::string answer(kAnswerBytesMax, '\0');
        const int length = res_nquery(&state_, name.c_str(), ns_c_in, ns_t_txt,
                                      reinterpret_cast<unsigned char*>(answer.data()),
                                      static_cast<int>(answer.size()));
        if (length < 0) {
            const bool absent =
                state_.res_h_errno == HOST_NOT_FOUND || state_.res_h_errno == NO_DATA;
            return absent ? not_found(name + " has no TXT record")
                          : unavailable("the resolver did not answer for " + name);
        }
        answer.resize(std::min(static_cast<std::size_t>(length), answer.size()));
        return answer;
    }

  private:
    struct __res_state state_{};
    bool ok_ = false;
};

// A TXT record's data is strings, each with its length in front (RFC 1035 section 3.3.14).
std::string joined_strings(std::string_view data) {
    std::string text;
    while (!data.empty()) {
        const auto length = static_cast<unsigned char>(data.front());
        text += data.substr(1, length);
        data.remove_prefix(std::min<std::size_t>(data.size(), length + 1U));
    }
    return text;
}

}  // namespace

Result<std::vector<DnsRecord>> dns_records(const Config& config) {
    std::vector<DnsRecord> records{spf_record(config)};
    if (config.dkim.enabled()) {
        TRY_AS(DnsRecord rsa, dkim_record(config, config.dkim.selector, config.dkim.key_file));
        records.push_back(std::move(rsa));
        if (!config.dkim.ed25519_key_file.empty()) {
            TRY_AS(DnsRecord ed25519,
                   dkim_record(config, config.dkim.ed25519_selector, config.dkim.ed25519_key_file));
            records.push_back(std::move(ed25519));
        }
    }
    records.push_back(dmarc_record(config));
    return records;
}

std::string zone_line(const DnsRecord& record) {
    return fmt::format("{}. IN TXT {}", record.name, mail::dns_txt_strings(record.value));
}

Result<std::vector<std::string>> lookup_txt(const std::string& name) {
    Resolver resolver;
    TRY_AS(const std::string answer, resolver.txt_answer(name));
    ns_msg message;
    if (ns_initparse(reinterpret_cast<const unsigned char*>(answer.data()),
                     static_cast<int>(answer.size()), &message) != 0) {
        return unavailable("the resolver's answer for " + name + " is broken");
    }
    std::vector<std::string> texts;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) == 0 && ns_rr_type(record) == ns_t_txt) {
            texts.push_back(joined_strings({reinterpret_cast<const char*>(ns_rr_rdata(record)),
                                            static_cast<std::size_t>(ns_rr_rdlen(record))}));
        }
    }
    if (texts.empty()) {
        return not_found(name + " has no TXT record");
    }
    return texts;
}

}  // namespace tocsin::app
