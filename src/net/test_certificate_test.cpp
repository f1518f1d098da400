#include "net/test_certificate.h"

#include <memory>

#include <boost/asio/ip/address.hpp>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tocsin::net {
namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;

std::string text_of(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

TestCertificate make(const std::string& name, const TestCertificate* authority,
                     TestValidity validity) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate made(X509_new());
    X509* certificate = made.get();
    X509_set_version(certificate, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    const long day = 86'400;
    X509_gmtime_adj(X509_getm_notBefore(certificate), -10 * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate),
                    validity == TestValidity::Valid ? 10 * day : -day);
    X509_set_pubkey(certificate, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    Key signer_key;
    Certificate signer;
    if (authority != nullptr) {
        const Bio cert_bio(BIO_new_mem_buf(authority->certificate_pem.c_str(), -1));
        const Bio key_bio(BIO_new_mem_buf(authority->private_key_pem.c_str(), -1));
        signer.reset(PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr));
        signer_key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    }
    X509* issuer = signer ? signer.get() : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    if (authority == nullptr) {
        add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        boost::system::error_code not_ip;
        boost::asio::ip::make_address(name, not_ip);
        add_extension(certificate, issuer, NID_subject_alt_name, (not_ip ? "DNS:" : "IP:") + name);
    }
    X509_sign(certificate, signer_key ? signer_key.get() : key.get(), EVP_sha256());
    TestCertificate out;
    const Bio cert_out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(cert_out.get(), certificate);
    out.certificate_pem = text_of(cert_out);
    const Bio key_out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    out.private_key_pem = text_of(key_out);
    return out;
}

}  // namespace

TestCertificate make_test_authority(const std::string& name) {
    return make(name, nullptr, TestValidity::Valid);
}

TestCertificate make_test_certificate(const TestCertificate& authority, const std::string& name,
                                      TestValidity validity) {
    return make(name, &authority, validity);
}

TEST(TestCertificate, IsPem) {
    const TestCertificate authority = make_test_authority("A test authority");
    const TestCertificate leaf = make_test_certificate(authority, "mx.example");
    EXPECT_TRUE(leaf.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
    EXPECT_TRUE(leaf.private_key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
}

}  // namespace tocsin::net
