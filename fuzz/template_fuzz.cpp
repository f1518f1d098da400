// Any bytes as a value of a page: in text, in a link, in attributes, in a text area.
#include "mail/template_attack_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tocsin::mail::Templates templates = tocsin::mail::attacked_templates();
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    CHECK(tocsin::mail::harm_of(templates, value).empty());
    return 0;
}
