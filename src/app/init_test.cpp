#include "app/init.h"

#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/secrets.h"
#include "mail/dkim.h"
#include "store/desk.h"
#include "store/postgres_server.h"
#include "store/store.h"
#include "store/temp_folder.h"
#include "web/auth.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;

InitOptions options_in(const std::string& folder) {
    InitOptions options;
    options.folder = folder;
    options.name = "The \"Example\" Times";
    options.from = "alerts@Example.org";
    options.public_url = "https://alerts.example.org/";
    return options;
}

std::string error_of(const InitOptions& options) {
    const FakeClock clock;
    SeededRandom random(1);
    const auto done = init(options, clock, random);
    EXPECT_FALSE(done);
    return done ? "done" : done.error().message();
}

unsigned mode_of(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
}

TEST(Init, MakesAnInstallationThatLoads) {
    const store::TempFolder temp;
    const std::string folder = temp.file("news/alerts");
    const FakeClock clock;
    SeededRandom random(1);
    const auto done = init(options_in(folder), clock, random);
    ASSERT_TRUE(done) << done.error().message();

    const auto config = load_config(done->config_file);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->site.name, "The \"Example\" Times");
    EXPECT_EQ(config->site.from, "alerts@example.org");
    EXPECT_EQ(config->site.public_url, "https://alerts.example.org");
    EXPECT_TRUE(load_secrets(config->secrets.file));
    const auto pem = read_private_file(config->dkim.key_file);
    ASSERT_TRUE(pem);
    EXPECT_TRUE(mail::DkimKeys::load(config->dkim.domain, config->dkim.selector, *pem));
    EXPECT_EQ(mode_of(folder), 0700U);
    EXPECT_EQ(mode_of(done->config_file), 0600U);
    EXPECT_EQ(mode_of(config->dkim.key_file), 0600U);
}

TEST(Init, TheLinkOpensTheDeskOnce) {
    const store::TempFolder temp;
    const FakeClock clock;
    SeededRandom random(1);
    const auto done = init(options_in(temp.file("i")), clock, random);
    ASSERT_TRUE(done);
    EXPECT_THAT(done->desk_link, HasSubstr("http://127.0.0.1:8081/desk/link/"));
    const std::string hash =
        web::secret_hash(done->desk_link.substr(done->desk_link.rfind('/') + 1));
    const auto store = store::Store::open("sqlite:" + temp.file("i/tocsin.db"), clock);
    ASSERT_TRUE(store);
    const auto use = [&](store::Database& db) {
        return store::use_desk_link(db, hash, clock.now());
    };
    const auto user = (*store)->run(use);
    ASSERT_TRUE(user);
    EXPECT_EQ(user->name, "desk");
    EXPECT_FALSE((*store)->run(use));
}

TEST(Init, SaysWhatToPublishAndDo) {
    const store::TempFolder temp;
    const FakeClock clock;
    SeededRandom random(1);
    const auto done = init(options_in(temp.file("i")), clock, random);
    ASSERT_TRUE(done);
    const std::string text = init_text(*done);
    EXPECT_THAT(text, HasSubstr("tocsin._domainkey.example.org. IN TXT \"v=DKIM1; k=rsa; p="));
    EXPECT_THAT(text, HasSubstr("example.org. IN TXT \"v=spf1 a:alerts.example.org ~all\""));
    EXPECT_THAT(text, HasSubstr("_dmarc.example.org. IN TXT \"v=DMARC1; p=none"));
    EXPECT_THAT(text, HasSubstr("Name your smarthost"));
    EXPECT_THAT(text, HasSubstr("4. Open the desk"));
}

TEST(Init, PutsEverythingIntoAPostgresqlDatabase) {
    store::PostgresServer& server = store::PostgresServer::shared();
    if (!server.running()) {
        GTEST_SKIP() << server.why_not();
    }
    const store::TempFolder temp;
    const FakeClock clock;
    SeededRandom random(1);
    InitOptions options = options_in(temp.file("i"));
    options.store = server.new_schema();
    const auto done = init(options, clock, random);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_FALSE(std::filesystem::exists(temp.file("i/tocsin.db")));
    EXPECT_EQ(load_config(done->config_file)->store.url, options.store);
    const auto store = store::Store::open(options.store, clock);
    ASSERT_TRUE(store) << store.error().message();
    const auto find = [](store::Database& db) -> Result<bool> {
        return store::find_desk_user(db, "desk").has_value();
    };
    EXPECT_TRUE(*(*store)->run(find));

    options.folder = temp.file("j");
    options.store = "postgresql://desk:hun/ter2@db/news";
    EXPECT_THAT(error_of(options), HasSubstr("--store is not a URL like"));
}

TEST(Init, NeverOverwrites) {
    for (const std::string name : {"tocsin.toml", "secrets.toml", "dkim.pem", "tocsin.db"}) {
        const store::TempFolder temp;
        ASSERT_TRUE(create_file(temp.file(name), "mine", FileMode::Private));
        EXPECT_THAT(error_of(options_in(temp.file("."))), HasSubstr(name + " is there already"));
        EXPECT_EQ(*read_private_file(temp.file(name)), "mine");
        std::size_t files = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator(temp.file("."))) {
            ++files;
        }
        EXPECT_EQ(files, 1U);
    }
}

TEST(Init, TakesBackWhatItMadeWhenItFails) {
    const store::TempFolder temp;
    InitOptions options = options_in(temp.file("i"));
    options.desk_name = std::string(1000, 'x');  // refused by the store, last of all
    EXPECT_NE(error_of(options), "");
    EXPECT_FALSE(std::filesystem::exists(temp.file("i")));
}

TEST(Init, BadOptionsAreToldByTheirFlags) {
    const store::TempFolder temp;
    const auto with = [&](auto change) {
        InitOptions options = options_in(temp.file("i"));
        change(options);
        return error_of(options);
    };
    EXPECT_THAT(with([](InitOptions& o) { o.name = ""; }), HasSubstr("--name is missing"));
    EXPECT_THAT(with([](InitOptions& o) { o.name = "A\nB"; }),
                HasSubstr("--name must be one line"));
    EXPECT_THAT(with([](InitOptions& o) { o.from = "alerts"; }),
                HasSubstr("--from is not a mail address: there is no @"));
    EXPECT_THAT(with([](InitOptions& o) { o.public_url = "alerts.example.org"; }),
                HasSubstr("--public-url is not a web address"));
    EXPECT_THAT(with([](InitOptions& o) { o.relay = "mail.example.org"; }), HasSubstr("--relay"));
    EXPECT_FALSE(std::filesystem::exists(temp.file("i")));
}

}  // namespace
}  // namespace tocsin::app
