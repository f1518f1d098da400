// Any bytes as the proof of work of a sign-up form: only what was signed and solved is taken.
#include "web/proof_of_work_play.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)tocsin::web::play_proof({reinterpret_cast<const char*>(data), size});
    return 0;
}
