// Any bytes as DNS records, and the plan that comes of them.
#include "net/dns_rdata_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::net::play_dns_rdata({reinterpret_cast<const char*>(data), size});
    return 0;
}
