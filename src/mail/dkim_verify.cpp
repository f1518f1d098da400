// Verifying (RFC 6376 section 6.1), for the inbox's verdict and for tests.
//
//   tag-list  = tag-spec *( ";" tag-spec ) [ ";" ]     (section 3.2)
//   tag-spec  = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
//
// A tag given twice makes the signature or key invalid. l= is honoured as the RFC says but reported
// as a failure when it leaves anything unsigned: nothing of ours has it, and what it leaves out
// anybody may have written. rsa-sha1 and keys under 1024 bits are refused (RFC 8301).
#include <algorithm>
#include <charconv>
#include <map>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/check.h"
#include "mail/canonical.h"
#include "mail/dkim.h"
#include "mail/dkim_keys.h"

namespace tocsin::mail {

namespace {

constexpr std::size_t kSignaturesMax = 8;
constexpr std::size_t kSignedNamesMax = 256;
constexpr std::size_t kFieldBytesMax = 16 * 1024;

using Tags = std::map<std::string, std::string, std::less<>>;

std::string without_blanks(std::string_view text) {
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
    return out;
}

std::optional<Tags> parse_tags(std::string_view list) {
    Tags out;
    while (!list.empty()) {
        const std::size_t end = list.find(';');
        const std::string_view spec = trim(list.substr(0, end));
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
        if (spec.empty()) {
            if (!trim(list).empty()) {
                return std::nullopt;
            }
            continue;
        }
        const std::size_t equals = spec.find('=');
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string name(trim(spec.substr(0, equals)));
        const bool added = out.emplace(name, std::string(trim(spec.substr(equals + 1)))).second;
        if (name.empty() || !added) {
            return std::nullopt;
        }
    }
    return out;
}

std::string_view tag(const Tags& tags, std::string_view name) {
    const auto found = tags.find(name);
    return found == tags.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// The field as the signer hashed it: the b= value taken out, all else as it is.
std::string without_signature_value(std::string_view value) {
    std::size_t at = 0;
    while (at <= value.size()) {
        const std::size_t end = std::min(value.find(';', at), value.size());
        const std::string_view spec = value.substr(at, end - at);
        const std::size_t equals = spec.find('=');
        if (equals != std::string_view::npos && trim(spec.substr(0, equals)) == "b") {
            return std::string(value.substr(0, at + equals + 1)) + std::string(value.substr(end));
        }
        at = end + 1;
    }
    return std::string(value);
}

std::string canonical_field(const RawField& field, std::string_view value,
                            Canonicalization method) {
    if (method == Canonicalization::Relaxed) {
        return relaxed_field(field.name, value);
    }
    const std::size_t before = field.whole.size() - field.value.size();
    return std::string(field.whole.substr(0, before)) + std::string(value);
}

struct Methods {
    Canonicalization header = Canonicalization::Simple;
    Canonicalization body = Canonicalization::Simple;
};

std::optional<Methods> parse_methods(std::string_view text) {
    const auto one = [](std::string_view name) -> std::optional<Canonicalization> {
        if (name == "simple") {
            return Canonicalization::Simple;
        }
        return name == "relaxed" ? std::optional(Canonicalization::Relaxed) : std::nullopt;
    };
    if (text.empty()) {
        return Methods{};
    }
    const std::size_t slash = text.find('/');
    const auto header = one(text.substr(0, slash));
    const auto body =
        one(slash == std::string_view::npos ? std::string_view("simple") : text.substr(slash + 1));
    if (!header || !body) {
        return std::nullopt;
    }
    return Methods{*header, *body};
}

// What one signature field says, checked for form.
struct Signature {
    std::string domain;
    std::string selector;
    std::string algorithm;
    Methods methods;
    std::vector<std::string> names;
    std::string body_hash;
    std::string signature;
    std::optional<std::uint64_t> body_length;
    std::optional<std::uint64_t> expires;
};

struct Reason {
    DkimStatus status;
    std::string text;
};

bool is_under(std::string_view name, std::string_view domain) {
    return ascii_iequals(name, domain) ||
           (name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
            ascii_iequals(name.substr(name.size() - domain.size()), domain));
}

std::optional<Reason> read_names(std::string_view list, Signature& out) {
    const std::string text = without_blanks(list);
    std::string_view rest = text;
    bool from = false;
    while (!rest.empty()) {
        const std::size_t end = rest.find(':');
        out.names.emplace_back(rest.substr(0, end));
        from = from || ascii_iequals(out.names.back(), "From");
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (out.names.size() > kSignedNamesMax) {
            return Reason{DkimStatus::PermError, "it names too many headers"};
        }
    }
    if (!from) {
        return Reason{DkimStatus::PermError, "it does not sign the From header"};
    }
    return std::nullopt;
}

std::optional<Reason> read_signature(const Tags& tags, Signature& out) {
    out.domain = tag(tags, "d");
    out.selector = tag(tags, "s");
    out.algorithm = tag(tags, "a");
    const auto methods = parse_methods(without_blanks(tag(tags, "c")));
    const auto body_hash = base64_decode(without_blanks(tag(tags, "bh")));
    const auto signature = base64_decode(without_blanks(tag(tags, "b")));
    if (tag(tags, "v") != "1" || out.domain.empty() || out.selector.empty() || !methods ||
        !body_hash || !signature || signature->empty()) {
        return Reason{DkimStatus::PermError, "a required tag is missing or malformed"};
    }
    if (out.algorithm != "rsa-sha256" && out.algorithm != "ed25519-sha256") {
        return Reason{DkimStatus::PermError, "its algorithm is not taken"};
    }
    const std::string_view identity = tag(tags, "i");
    const std::size_t at = identity.find('@');
    if (!identity.empty() &&
        (at == std::string_view::npos || !is_under(identity.substr(at + 1), out.domain))) {
        return Reason{DkimStatus::PermError, "its i= is not under its d="};
    }
    out.methods = *methods;
    out.body_hash = *body_hash;
    out.signature = *signature;
    for (const auto& [name, target] :
         {std::pair("l", &out.body_length), std::pair("x", &out.expires)}) {
        if (tags.contains(name)) {
            *target = number(tag(tags, name));
            if (!*target) {
                return Reason{DkimStatus::PermError, "a number in it is malformed"};
            }
        }
    }
    return read_names(tag(tags, "h"), out);
}

Result<OpenSslPtr<EVP_PKEY>> read_key(std::string_view record, const Signature& signature) {
    const std::optional<Tags> tags = parse_tags(record);
    if (!tags || !tags->contains("p") || (tags->contains("v") && tag(*tags, "v") != "DKIM1")) {
        return invalid("the key record is malformed");
    }
    if (tag(*tags, "p").empty()) {
        return invalid("the key has been revoked");
    }
    const bool rsa = signature.algorithm == "rsa-sha256";
    const std::string_view kind = tags->contains("k") ? tag(*tags, "k") : "rsa";
    if (kind != (rsa ? "rsa" : "ed25519")) {
        return invalid("the key is of another kind than the signature");
    }
    const std::optional<std::string> bytes = base64_decode(without_blanks(tag(*tags, "p")));
    if (!bytes) {
        return invalid("the key record is not base64");
    }
    const auto* data = reinterpret_cast<const unsigned char*>(bytes->data());
    OpenSslPtr<EVP_PKEY> key;
    if (rsa) {
        key.reset(d2i_PUBKEY(nullptr, &data, static_cast<long>(bytes->size())));
    } else {
        key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data, bytes->size()));
    }
    ERR_clear_error();
    if (!key || (rsa && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)) {
        return invalid("the key record holds no such key");
    }
    if (rsa && EVP_PKEY_get_bits(key.get()) < 1024) {
        return invalid("the key is shorter than 1024 bits");
    }
    return key;
}

bool signature_fits(EVP_PKEY* key, const Signature& signature, const std::string& digest) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(signature.signature.data());
    const auto* hash = reinterpret_cast<const unsigned char*>(digest.data());
    const std::size_t length = signature.signature.size();
    bool fits = false;
    if (signature.algorithm == "rsa-sha256") {
        const OpenSslPtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
        fits = context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
               EVP_PKEY_verify(context.get(), bytes, length, hash, digest.size()) == 1;
    } else {
        const OpenSslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
        fits = context != nullptr &&
               EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
               EVP_DigestVerify(context.get(), bytes, length, hash, digest.size()) == 1;
    }
    ERR_clear_error();
    return fits;
}

std::string header_digest(const RawMessage& message, const RawField& field,
                          const Signature& signature) {
    std::string text;
    std::vector<bool> used(message.fields.size(), false);
    for (const std::string& name : signature.names) {
        for (std::size_t i = message.fields.size(); i-- > 0;) {
            const RawField& candidate = message.fields[i];
            if (!used[i] && ascii_iequals(candidate.name, name)) {
                used[i] = true;
                text += canonical_field(candidate, candidate.value, signature.methods.header);
                text += "\r\n";
                break;
            }
        }
    }
    text += canonical_field(field, without_signature_value(field.value), signature.methods.header);
    return sha256(text);
}

std::optional<Reason> check_body(const RawMessage& message, const Signature& signature) {
    std::string body = canonical_body(message.body, signature.methods.body);
    const std::size_t whole = body.size();
    if (signature.body_length) {
        if (*signature.body_length > whole) {
            return Reason{DkimStatus::PermError, "its l= is longer than the body"};
        }
        body.resize(static_cast<std::size_t>(*signature.body_length));
    }
    if (sha256(body) != signature.body_hash) {
        return Reason{DkimStatus::Fail, "the body is not the one that was signed"};
    }
    if (body.size() != whole) {
        return Reason{DkimStatus::Fail, "its l= leaves a part of the body unsigned"};
    }
    return std::nullopt;
}

std::optional<Reason> verify_one(const RawMessage& message, const RawField& field,
                                 const DkimLookup& lookup, Time now, Signature& signature) {
    const std::optional<Tags> tags = parse_tags(field.value);
    if (!tags || field.whole.size() > kFieldBytesMax) {
        return Reason{DkimStatus::PermError, "it is malformed"};
    }
    if (auto reason = read_signature(*tags, signature)) {
        return reason;
    }
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_ms(now) / 1000));
    if (signature.expires && *signature.expires < seconds) {
        return Reason{DkimStatus::Fail, "it has expired"};
    }
    if (auto reason = check_body(message, signature)) {
        return reason;
    }
    const Result<std::string> record =
        lookup(signature.selector + "._domainkey." + signature.domain);
    if (!record) {
        return record.error().kind() == ErrorKind::NotFound
                   ? Reason{DkimStatus::PermError, "no key is published for it"}
                   : Reason{DkimStatus::TempError, record.error().message()};
    }
    const auto key = read_key(*record, signature);
    if (!key) {
        return Reason{DkimStatus::PermError, key.error().message()};
    }
    if (!signature_fits(key->get(), signature, header_digest(message, field, signature))) {
        return Reason{DkimStatus::Fail, "the headers or the key are not those of the signer"};
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(DkimStatus status) {
    switch (status) {
        case DkimStatus::Pass:
            return "pass";
        case DkimStatus::Fail:
            return "fail";
        case DkimStatus::PermError:
            return "permerror";
        case DkimStatus::TempError:
            return "temperror";
    }
    return "permerror";
}

std::vector<DkimVerdict> dkim_verify(std::string_view message, const DkimLookup& lookup, Time now) {
    std::vector<DkimVerdict> out;
    const std::optional<RawMessage> parts = split_message(message);
    if (!parts) {
        return out;
    }
    for (const RawField& field : parts->fields) {
        if (!ascii_iequals(field.name, "DKIM-Signature") || out.size() == kSignaturesMax) {
            continue;
        }
        Signature signature;
        const auto reason = verify_one(*parts, field, lookup, now, signature);
        out.push_back(DkimVerdict{reason ? reason->status : DkimStatus::Pass, signature.domain,
                                  signature.selector, signature.algorithm,
                                  reason ? reason->text : std::string()});
    }
    return out;
}

}  // namespace tocsin::mail
