#include "app/secrets.h"

#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecretsTest : public testing::Test {
  protected:
    std::string path(const std::string& name) const { return temp_.file(name); }
    std::string error_of(const std::string& text) const {
        const std::string file = path("bad.toml");
        std::filesystem::remove(file);
        EXPECT_TRUE(create_file(file, text, FileMode::Private));
        const auto loaded = load_secrets(file);
        EXPECT_FALSE(loaded);
        return loaded ? "loaded" : loaded.error().message();
    }

    store::TempFolder temp_;
};

TEST_F(SecretsTest, WhatIsWrittenIsRead) {
    SeededRandom random(1);
    Secrets secrets = make_secrets(random);
    secrets.previous_master = random.bytes(32);
    const std::string file = path("secrets.toml");
    ASSERT_TRUE(create_file(file, secrets_text(secrets), FileMode::Private));
    struct stat info{};
    ASSERT_EQ(stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    const auto loaded = load_secrets(file);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->master, secrets.master);
    EXPECT_EQ(loaded->previous_master, secrets.previous_master);
    EXPECT_EQ(loaded->pepper, secrets.pepper);
    EXPECT_NE(loaded->master, loaded->pepper);
}

TEST_F(SecretsTest, ARotationKeepsWhatOldLinksNeed) {
    SeededRandom random(1);
    const Secrets first = make_secrets(random);
    const Secrets second = rotated(first, random);
    const Secrets third = rotated(second, random);
    EXPECT_NE(second.master, first.master);
    EXPECT_EQ(second.previous_master, first.master);
    EXPECT_TRUE(second.retired_unsubscribe.empty());
    EXPECT_EQ(third.previous_master, second.master);
    EXPECT_EQ(third.retired_unsubscribe.size(), 1U);
    EXPECT_EQ(third.pepper, first.pepper);

    const std::string file = path("secrets.toml");
    ASSERT_TRUE(create_file(file, secrets_text(first), FileMode::Private));
    ASSERT_TRUE(replace_private_file(file, secrets_text(third)));
    const auto loaded = load_secrets(file);
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(loaded->retired_unsubscribe, third.retired_unsubscribe);
    EXPECT_FALSE(std::filesystem::exists(file + ".new"));

    const Time now = from_ms(1'795'502'159'123);
    const auto opens = [&](const Secrets& sealer, mail::TokenPurpose purpose) {
        mail::Token token;
        token.purpose = purpose;
        token.subject = std::string(16, 's');
        token.issued = now;
        const std::string text = mail::seal_token(sealer.ring(), token);
        return static_cast<bool>(mail::open_token(loaded->ring(), purpose, text, now));
    };
    EXPECT_TRUE(opens(third, mail::TokenPurpose::Confirm));
    EXPECT_TRUE(opens(second, mail::TokenPurpose::Confirm));
    EXPECT_FALSE(opens(first, mail::TokenPurpose::Confirm));
    EXPECT_TRUE(opens(first, mail::TokenPurpose::Unsubscribe));  // for ever
}

TEST_F(SecretsTest, AnAnnouncedMasterOpensAndSealsAfterTheRotation) {
    SeededRandom random(2);
    const Secrets first = make_secrets(random);
    const auto announcing = announced(first, random);
    ASSERT_TRUE(announcing);
    EXPECT_EQ(announcing->master, first.master);
    EXPECT_FALSE(announced(*announcing, random));
    const Secrets second = rotated(*announcing, random);
    EXPECT_EQ(second.master, *announcing->next_master);
    EXPECT_FALSE(second.next_master);
    const std::string file = path("secrets.toml");
    ASSERT_TRUE(create_file(file, secrets_text(*announcing), FileMode::Private));
    EXPECT_EQ(load_secrets(file)->next_master, announcing->next_master);
}

TEST_F(SecretsTest, RetiredKeysAreReadStrictly) {
    SeededRandom random(3);
    const std::string good = secrets_text(make_secrets(random));
    for (const char* line : {"retired_unsubscribe = 7\n", "retired_unsubscribe = [\"00\"]\n",
                             "retired_unsubscribe = [7]\n"}) {
        EXPECT_THAT(error_of(good + line), HasSubstr("retired_unsubscribe must be a list"));
    }
}

TEST_F(SecretsTest, FilesOpenToOthersAreRefused) {
    const std::string file = path("secrets.toml");
    SeededRandom random(1);
    ASSERT_TRUE(create_file(file, secrets_text(make_secrets(random)), FileMode::Private));
    for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
        ASSERT_EQ(chmod(file.c_str(), mode), 0);
        const auto loaded = load_secrets(file);
        ASSERT_FALSE(loaded);
        EXPECT_THAT(loaded.error().message(), HasSubstr("run chmod 600 " + file));
    }
    ASSERT_EQ(chmod(file.c_str(), 0400), 0);
    EXPECT_TRUE(load_secrets(file));
}

TEST_F(SecretsTest, ExistingFilesAreNeverOverwritten) {
    const std::string file = path("x");
    ASSERT_TRUE(create_file(file, "one", FileMode::Private));
    const Status again = create_file(file, "two", FileMode::Private);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind(), ErrorKind::Conflict);
    EXPECT_EQ(*read_private_file(file), "one");
}

TEST_F(SecretsTest, BadFilesAreNamedWithoutTheirSecrets) {
    const std::string good(64, 'a');
    EXPECT_THAT(error_of("master = \"" + good + "\"\n"), HasSubstr("pepper is missing"));
    EXPECT_THAT(error_of("master = \"abcd\"\npepper = \"" + good + "\"\n"),
                HasSubstr("master must be at least 64 hex digits"));
    EXPECT_THAT(error_of("master = 1\n"), HasSubstr("master must be"));
    EXPECT_THAT(error_of("mastr = \"" + good + "\"\n"), HasSubstr(":1: mastr is not a known key"));
    EXPECT_THAT(error_of("master = \"" + good + "\npepper"), Not(HasSubstr(good)));
    const auto missing = load_secrets(path("missing"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind(), ErrorKind::NotFound);
    EXPECT_FALSE(load_secrets(path(".")));
}

}  // namespace
}  // namespace tocsin::app
