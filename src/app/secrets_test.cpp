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
