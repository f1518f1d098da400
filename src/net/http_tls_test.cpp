// The server over TLS, with a certificate made for the test.
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/http_server.h"

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* object) const { Free(object); }
};

// Writes a self-signed P-256 certificate and its key.
void write_certificate(const std::string& cert_file, const std::string& key_file) {
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Freed<X509, X509_free>> cert(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
    X509_set_pubkey(cert.get(), key.get());
    ASSERT_NE(X509_sign(cert.get(), key.get(), EVP_sha256()), 0);
    std::FILE* out = std::fopen(cert_file.c_str(), "w");
    PEM_write_X509(out, cert.get());
    std::fclose(out);
    out = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
}

Task<HttpResponse> answer(HttpRequest request) {
    HttpResponse response;
    response.body = request.tls ? "over TLS" : "plain";
    co_return response;
}

TEST(HttpTls, ServesOverTlsAndNotPlainly) {
    HttpServerOptions options;
    options.tls_cert_file = testing::TempDir() + "tocsin_tls_cert.pem";
    options.tls_key_file = testing::TempDir() + "tocsin_tls_key.pem";
    write_certificate(options.tls_cert_file, options.tls_key_file);

    asio::io_context server_io;
    HttpServer server(server_io, options, answer);
    const auto port = server.listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(port) << port.error().message();
    std::thread thread([&server_io] { server_io.run(); });

    asio::io_context io;
    const tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), *port);
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    auto read_all = [](auto& stream) {
        std::string out;
        boost::system::error_code error;
        std::array<char, 1024> buffer{};
        while (!error) {
            const std::size_t n = stream.read_some(asio::buffer(buffer), error);
            out.append(buffer.data(), n);
        }
        return out;
    };

    asio::ssl::context context(asio::ssl::context::tls_client);
    context.load_verify_file(options.tls_cert_file);
    context.set_verify_mode(asio::ssl::verify_peer);
    asio::ssl::stream<tcp::socket> stream(io, context);
    stream.next_layer().connect(endpoint);
    stream.handshake(asio::ssl::stream_base::client);
    asio::write(stream, asio::buffer(request));
    EXPECT_THAT(read_all(stream), testing::HasSubstr("over TLS"));

    tcp::socket plain(io);
    plain.connect(endpoint);
    asio::write(plain, asio::buffer(request));
    EXPECT_THAT(read_all(plain), testing::Not(testing::HasSubstr("HTTP/1.1 200")));

    server.stop();
    thread.join();
}

TEST(HttpTls, ABrokenKeyIsNamed) {
    HttpServerOptions options;
    options.tls_cert_file = testing::TempDir() + "tocsin_tls_cert2.pem";
    options.tls_key_file = testing::TempDir() + "tocsin_tls_key2.pem";
    write_certificate(options.tls_cert_file, options.tls_key_file);
    std::ofstream(options.tls_key_file) << "not a key";
    asio::io_context io;
    HttpServer server(io, options, answer);
    const auto port = server.listen_tcp("127.0.0.1", 0);
    ASSERT_FALSE(port);
    EXPECT_THAT(port.error().message(), testing::HasSubstr("tls_key"));
}

}  // namespace
}  // namespace tocsin::net
