#include "model/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin::model {
namespace {

const CheckpointKey kKey("alerts.example/consent", std::string(32, 's'));
const TreeHead kHead{20'852'163, std::string(32, 'r')};

TEST(Checkpoint, TheTextNeverChanges) {
    EXPECT_EQ(kKey.sign(kHead),
              "alerts.example/consent\n20852163\n"
              "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n\n"
              "\u2014 alerts.example/consent "
              "hlqYp0HQk4dAZV+9tgITT/PYO2a7MwJVBLNVbGT5ER6hng4z7C69jBbRol6tcPq5IN9M+eZ1dXP5"
              "4DAexXu+RhsrsQs=\n");
    EXPECT_EQ(kKey.vkey(),
              "alerts.example/consent+865a98a7+Af7BQoZz9q/okmSzgHNErosmnRJaUDhVICaH21pxKFef");
}

TEST(Checkpoint, IsReadBackAndVerified) {
    const auto read = parse_checkpoint(kKey.sign(kHead), kKey.vkey());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->origin, kKey.name());
    EXPECT_EQ(read->head.size, kHead.size);
    EXPECT_EQ(read->head.root, kHead.root);
    EXPECT_TRUE(parse_checkpoint(kKey.sign({0, kHead.root}), kKey.vkey()));
}

TEST(Checkpoint, MayBeSignedByOthersToo) {
    const CheckpointKey witness("witness.example", std::string(32, 'w'));
    const std::string other = witness.sign(kHead);
    const std::string line = other.substr(other.find("\u2014"));
    const std::string note = kKey.sign(kHead);
    const std::string both = note + line;
    EXPECT_TRUE(parse_checkpoint(both, kKey.vkey()));
    // A cosigner's signature alone says nothing about the log.
    EXPECT_FALSE(parse_checkpoint(both, witness.vkey()));
}

TEST(Checkpoint, AnythingElseIsRefused) {
    const std::string note = kKey.sign(kHead);
    for (std::size_t i = 0; i < note.size(); ++i) {
        std::string changed = note;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(parse_checkpoint(changed, kKey.vkey())) << i;
        EXPECT_FALSE(parse_checkpoint(note.substr(0, i), kKey.vkey())) << i;
    }
    const std::string vkey = kKey.vkey();
    for (std::size_t i = 0; i < vkey.size(); ++i) {
        std::string changed = vkey;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(parse_checkpoint(note, changed)) << i;
    }
    EXPECT_FALSE(parse_checkpoint("", vkey));
    EXPECT_FALSE(parse_checkpoint("\n\n", vkey));
    EXPECT_FALSE(parse_checkpoint(note, ""));
}

TEST(Checkpoint, NothingOfTheCorpusOpens) {
    int files = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/checkpoint")) {
        std::ifstream in(file.path(), std::ios::binary);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const CheckpointKey other("a.example/consent", std::string(32, 'x'));
        EXPECT_FALSE(parse_checkpoint(text, other.vkey())) << file.path();
        EXPECT_FALSE(parse_checkpoint(kKey.sign(kHead), text)) << file.path();
        ++files;
    }
    EXPECT_GE(files, 4);
}

}  // namespace
}  // namespace tocsin::model
