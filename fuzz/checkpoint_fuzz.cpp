// Any text as a signed checkpoint and as the key that checks it: nothing opens that was not signed.
#include "base/check.h"
#include "model/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tocsin::model::CheckpointKey key("a.example/consent", std::string(32, 's'));
    static const std::string vkey = key.vkey();
    static const std::string note = key.sign({3, std::string(32, 'r')});
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto opened = tocsin::model::parse_checkpoint(text, vkey);
    CHECK(!opened || (opened->origin == key.name() && opened->head.root == std::string(32, 'r')));
    (void)tocsin::model::parse_checkpoint(note, text);
    return 0;
}
