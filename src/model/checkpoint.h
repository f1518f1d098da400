// Checkpoints: the head of the consent tree, signed, as a text that can be mailed, printed or kept
// by somebody else. Whoever holds one can later prove that nothing before it was changed.
//
// The text is a C2SP tlog-checkpoint in a C2SP signed note (c2sp.org/tlog-checkpoint,
// c2sp.org/signed-note), which other tools read:
//
//   note      = body LF 1*signature
//   body      = origin LF size LF root LF *(extension LF)      size: decimal without leading zeros
//   signature = EM-DASH SP name SP base64(key_id || ed25519(body)) LF
//   key_id    = first 4 bytes of SHA-256(name LF 0x01 public_key)
//   vkey      = name "+" hex(key_id) "+" base64(0x01 || public_key)     what verifiers are given
//
// The name of the key is the origin. Plain values and functions; any thread. parse_checkpoint()
// takes outside bytes (fuzz/checkpoint_fuzz.cpp). Failure: Invalid, one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/merkle.h"

namespace tocsin::model {

// Signs. The seed is secret; everything else may be shown.
class CheckpointKey {
  public:
    // `name` has no space and no "+": a host name and a path. The seed: 32 bytes.
    CheckpointKey(std::string name, std::string seed);

    const std::string& name() const { return name_; }
    std::string vkey() const;
    // The signed note of this head.
    std::string sign(const TreeHead& head) const;

  private:
    std::string name_;
    std::string seed_;
};

struct Checkpoint {
    std::string origin;
    TreeHead head;
};

// Well-formed, signed by the key of `vkey`, and about its log.
Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view vkey);

}  // namespace tocsin::model
