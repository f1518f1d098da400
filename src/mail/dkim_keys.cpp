#include "mail/dkim_keys.h"

#include <algorithm>
#include <iterator>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/check.h"
#include "mail/canonical.h"

namespace tocsin::mail {

namespace {

constexpr int kRsaBitsMin = 1024;  // RFC 8301 section 3.2
constexpr int kRsaBitsMax = 4096;
constexpr std::size_t kHeaderColumn = 76;
constexpr std::size_t kTxtStringBytes = 255;

// Signed even where absent. RFC 6376 section 5.4.1, RFC 8058 section 4, and what shows the reader
// whom and what a mail is from.
constexpr std::string_view kAlwaysSigned[] = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Cc",
    "Sender",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
};

OpenSslPtr<BIO> reader_of(std::string_view pem) {
    OpenSslPtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    CHECK(bio != nullptr);
    return bio;
}

int refuse_password(char*, int, int, void*) {
    return -1;  // a key with a passphrase is an error, not a prompt on the terminal
}

std::string private_pem(EVP_PKEY* key) {
    OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
    CHECK(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0,
                                                          nullptr, nullptr) == 1);
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(length));
}

// A selector or domain inside a tag list: dot-separated letters, digits, hyphens.
Status check_domain(std::string_view what, std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    const bool ok = !name.empty() && name.size() <= 253 && name.front() != '.' &&
                    name.back() != '.' && std::all_of(name.begin(), name.end(), fits);
    if (!ok) {
        return invalid("the DKIM " + std::string(what) + " \"" + std::string(name.substr(0, 80)) +
                       "\" must be lower-case letters, digits, hyphens and dots");
    }
    return {};
}

std::size_t base64_chars(std::size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

}  // namespace

OpenSslPtr<EVP_PKEY> parse_private_key(std::string_view pem) {
    const OpenSslPtr<BIO> bio = reader_of(pem);
    OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, nullptr));
    ERR_clear_error();
    return key;
}

Result<DkimKeys> DkimKeys::load(std::string_view domain, std::string_view selector,
                                std::string_view rsa_pem, std::optional<DkimKeySource> ed25519) {
    TRY(check_domain("domain", domain));
    TRY(check_domain("selector", selector));
    auto impl = std::make_shared<Impl>();
    impl->domain = domain;
    impl->rsa.algorithm = "rsa-sha256";
    impl->rsa.selector = selector;
    impl->rsa.key = parse_private_key(rsa_pem);
    const EVP_PKEY* rsa = impl->rsa.key.get();
    if (rsa == nullptr || EVP_PKEY_get_base_id(rsa) != EVP_PKEY_RSA) {
        return invalid("the DKIM key is not an RSA private key in PEM form without a passphrase");
    }
    const int bits = EVP_PKEY_get_bits(rsa);
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
        return invalid("the DKIM key has " + std::to_string(bits) +
                       " bits; use 2048 (1024 to 4096 are taken)");
    }
    impl->rsa.signature_chars = base64_chars(static_cast<std::size_t>(EVP_PKEY_get_size(rsa)));
    if (ed25519) {
        TRY(check_domain("selector", ed25519->selector));
        DkimKey key{"ed25519-sha256", ed25519->selector, parse_private_key(ed25519->pem),
                    base64_chars(64)};
        if (!key.key || EVP_PKEY_get_base_id(key.key.get()) != EVP_PKEY_ED25519) {
            return invalid(
                "the second DKIM key is not an Ed25519 private key in PEM form without a "
                "passphrase");
        }
        if (ed25519->selector == selector) {
            return invalid("the two DKIM keys need two selectors");
        }
        impl->ed25519 = std::move(key);
    }
    return DkimKeys(std::move(impl));
}

const std::string& DkimKeys::domain() const {
    return impl_->domain;
}

const std::string& DkimKeys::selector() const {
    return impl_->rsa.selector;
}

bool DkimKeys::has_ed25519() const {
    return impl_->ed25519.has_value();
}

std::string generate_rsa_key_pem(int bits) {
    const OpenSslPtr<EVP_PKEY> key(EVP_RSA_gen(static_cast<unsigned>(bits)));
    CHECK(key != nullptr);
    return private_pem(key.get());
}

std::string generate_ed25519_key_pem() {
    const OpenSslPtr<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    CHECK(key != nullptr);
    return private_pem(key.get());
}

Result<std::string> dkim_dns_record(std::string_view pem) {
    OpenSslPtr<EVP_PKEY> key = parse_private_key(pem);
    if (!key) {
        const OpenSslPtr<BIO> bio = reader_of(pem);
        key.reset(PEM_read_bio_PUBKEY(bio.get(), nullptr, refuse_password, nullptr));
        ERR_clear_error();
    }
    if (!key) {
        return invalid("the DKIM key is not in PEM form without a passphrase");
    }
    const int kind = EVP_PKEY_get_base_id(key.get());
    if (kind == EVP_PKEY_RSA) {
        unsigned char* der = nullptr;
        const int length = i2d_PUBKEY(key.get(), &der);
        CHECK(length > 0);
        const std::string bytes(reinterpret_cast<const char*>(der),
                                static_cast<std::size_t>(length));
        OPENSSL_free(der);
        return "v=DKIM1; k=rsa; p=" + base64_encode(bytes);
    }
    if (kind == EVP_PKEY_ED25519) {
        std::array<unsigned char, 32> bytes{};
        std::size_t length = bytes.size();
        CHECK(EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &length) == 1);
        return "v=DKIM1; k=ed25519; p=" + base64_encode(std::string(bytes.begin(), bytes.end()));
    }
    return invalid("the DKIM key is neither RSA nor Ed25519");
}

std::string dns_txt_strings(std::string_view text) {
    std::string out;
    do {
        out += out.empty() ? "\"" : " \"";
        for (const char c : text.substr(0, kTxtStringBytes)) {
            if (c == '"' || c == '\\') {
                out.push_back('\\');
            }
            out.push_back(c);
        }
        out.push_back('"');
        text.remove_prefix(std::min(text.size(), kTxtStringBytes));
    } while (!text.empty());
    return out;
}

std::vector<std::string> names_to_sign(const std::vector<std::string>& present) {
    std::vector<std::string> out = present;
    // Those that this hop or the next rightly adds or changes are not signed (RFC 6376
    // section 5.4.1).
    std::erase_if(out, [](const std::string& name) {
        return ascii_iequals(name, "Return-Path") || ascii_iequals(name, "Received") ||
               ascii_iequals(name, "DKIM-Signature");
    });
    out.insert(out.end(), std::begin(kAlwaysSigned), std::end(kAlwaysSigned));
    return out;
}

SignatureHeader signature_header(const DkimKeys::Impl& keys, const DkimKey& key,
                                 const std::vector<std::string>& signed_names,
                                 std::optional<Time> date) {
    SignatureHeader out;
    std::string& raw = out.before_hash;
    raw = "DKIM-Signature: v=1; a=" + std::string(key.algorithm) + "; c=relaxed/relaxed;\r\n";
    raw += " d=" + keys.domain + "; s=" + key.selector + ";";
    if (date) {
        const auto seconds = std::chrono::floor<Seconds>(*date).time_since_epoch();
        raw += "\r\n t=" + std::to_string(seconds.count()) +
               "; x=" + std::to_string((seconds + kDkimValidity).count()) + ";";
    }
    raw += "\r\n h=";
    std::size_t column = 3;
    for (std::size_t i = 0; i < signed_names.size(); ++i) {
        const std::string& name = signed_names[i];
        if (column + name.size() + 1 > kHeaderColumn) {
            raw += "\r\n ";
            column = 1;
        }
        raw += name;
        raw.push_back(i + 1 == signed_names.size() ? ';' : ':');
        column += name.size() + 1;
    }
    raw += "\r\n bh=";
    out.before_signature = ";\r\n b=";
    for (std::size_t at = 0; at < key.signature_chars; at += kSignatureLineChars) {
        out.blank_signature += at == 0 ? "" : "\r\n ";
        out.blank_signature.append(std::min(kSignatureLineChars, key.signature_chars - at), 'A');
    }
    out.blank_signature += "\r\n";
    // The relaxed form of the whole is that of its parts: neither value has blanks around it.
    const std::size_t colon = raw.find(':');
    out.canonical_before_hash = relaxed_field(std::string_view(raw).substr(0, colon),
                                              std::string_view(raw).substr(colon + 1));
    return out;
}

}  // namespace tocsin::mail
