#include "app/shaping_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using ::testing::HasSubstr;
using Look = ShapingFile::Look;

class ShapingFileTest : public ::testing::Test {
  protected:
    // Replaced, as careful editors do: another inode, so a change is seen whatever the clock.
    void write(std::string_view text) const {
        std::ofstream(path_ + ".new") << text;
        std::filesystem::rename(path_ + ".new", path_);
    }

    std::unique_ptr<ShapingFile> open() const {
        auto file = ShapingFile::open(path_);
        EXPECT_TRUE(file) << file.error().message();
        return std::move(*file);
    }

    static std::size_t connections(const ShapingFile& file) {
        return file.rules()->site("s", {}, "example.org").limits.connections;
    }

    store::TempFolder folder_;
    std::string path_ = folder_.file("limits.toml");
};

TEST_F(ShapingFileTest, WithoutAFileTheShippedRulesHold) {
    const auto file = ShapingFile::open("");
    ASSERT_TRUE(file);
    EXPECT_EQ(connections(**file), 10U);
    (*file)->look(Look::Anyway);
    EXPECT_EQ((*file)->problem(), "");
}

TEST_F(ShapingFileTest, ABrokenOrMissingFileRefusesTheStart) {
    const auto missing = ShapingFile::open(path_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message(), HasSubstr(path_ + ": cannot be read"));
    EXPECT_FALSE(ShapingFile::open(folder_.file("")));
    write("\n[default]\nconnections = 0\n");
    const auto broken = ShapingFile::open(path_);
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message(), HasSubstr(path_ + ":3: [default] connections must be"));
}

TEST_F(ShapingFileTest, IsReadAgainWhenItChanges) {
    write("[default]\nconnections = 3\n");
    const auto file = open();
    EXPECT_EQ(connections(*file), 3U);
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 3U);
    write("[default]\nconnections = 4\n");
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 4U);
    write("");
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 10U) << "an empty file is the shipped rules";
    EXPECT_EQ(file->problem(), "");
}

TEST_F(ShapingFileTest, ABrokenNewFileKeepsTheRulesAndSaysSoUntilItIsRight) {
    write("[default]\nconnections = 3\n");
    const auto file = open();
    write("[default]\nconections = 4\n");
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 3U);
    EXPECT_THAT(file->problem(), HasSubstr(path_ + ":2: [default] conections is not a known key"));
    std::filesystem::remove(path_);
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 3U);
    EXPECT_THAT(file->problem(), HasSubstr("cannot be read"));
    write("[default]\nconnections = 5\n");
    file->look(Look::IfChanged);
    EXPECT_EQ(connections(*file), 5U);
    EXPECT_EQ(file->problem(), "");
}

TEST_F(ShapingFileTest, WhoWatchesHearsOfNewRulesOnly) {
    write("[default]\nconnections = 3\n");
    const auto file = open();
    boost::asio::io_context io;
    std::mutex mutex;
    std::condition_variable heard;
    std::vector<std::size_t> told;
    file->watch(io, [&](const std::shared_ptr<const model::Shaping>& rules) {
        const std::lock_guard lock(mutex);
        told.push_back(rules->site("s", {}, "example.org").limits.connections);
        heard.notify_one();
    });
    write("[default]\nconnections = 6\n");
    raise(SIGHUP);
    io.run_one();  // the signal arrives
    io.poll();     // and is handed over
    std::unique_lock lock(mutex);
    EXPECT_TRUE(heard.wait_for(lock, std::chrono::seconds(10), [&] { return !told.empty(); }));
    EXPECT_EQ(told.front(), 6U);
    lock.unlock();
    file->stop();
}

}  // namespace
}  // namespace tocsin::app
