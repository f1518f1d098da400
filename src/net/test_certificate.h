// Throw-away certificates for tests: an authority made in memory, and what it signs.
#pragma once

#include <string>

namespace tocsin::net {

struct TestCertificate {
    std::string certificate_pem;
    std::string private_key_pem;
};

enum class TestValidity { Valid, Expired };

TestCertificate make_test_authority(const std::string& name);
// For a server of this DNS name (or IP address).
TestCertificate make_test_certificate(const TestCertificate& authority, const std::string& name,
                                      TestValidity validity = TestValidity::Valid);

}  // namespace tocsin::net
