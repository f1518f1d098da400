// The bytes of HTTP connections, from the first one to a request or a refusal.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using State = tocsin::net::RequestReader::State;
    tocsin::net::RequestReader reader(2'000);
    reader.feed(std::string_view(reinterpret_cast<const char*>(data), size));
    while (reader.state() == State::Head || reader.state() == State::Done) {
        reader.state() == State::Head ? reader.accept(1'000) : (void)reader.take();
    }
    return 0;
}
