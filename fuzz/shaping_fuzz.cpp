// Any text as a shaping file: refused in one line, or rules that answer for any server and reply.
#include "base/check.h"
#include "model/shaping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto shaping = tocsin::model::Shaping::parse(text);
    CHECK(shaping || shaping.error().message().find('\n') == std::string::npos);
    if (shaping) {
        const std::string end(text.substr(size - std::min<std::size_t>(size, 64)));
        CHECK(!shaping->site("site", {end}, end).group.empty());
        CHECK(shaping->smarthost(end).limits.connections > 0);
        (void)shaping->replies().decide({.code = 450, .enhanced = "", .text = text});
    }
    return 0;
}
