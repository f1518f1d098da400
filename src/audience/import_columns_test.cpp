#include "audience/import_columns.h"

#include <fstream>

#include "audience/audience_fixture.h"
#include "audience/import_reader.h"
#include "base/crypto.h"

namespace tocsin::audience {
namespace {

// The files are written from the columns that each service documents and exports.
class ImportFrom : public AudienceTest {
  protected:
    ImportProgress import(const std::string& file) {
        std::ifstream in(TOCSIN_SOURCE_DIR "/tests/golden/import/" + file, std::ios::binary);
        EXPECT_TRUE(in) << file;
        refused_.clear();
        const auto on_refused = [this](const RefusedRow& row) {
            refused_.push_back(fmt::format("{}: {}", row.row, row.reason));
        };
        const ImportStart start{sha256(file), "breaking", "moved from " + file};
        auto done = finish(audience_->import_csv(in, start, on_refused));
        EXPECT_TRUE(done) << done.error().message();
        EXPECT_EQ(done->accepted + done->refused + done->duplicates + done->kept_out,
                  done->next_row);
        return *done;
    }
    std::string dates(const std::string& address) {
        const auto found = record(address).subscriptions.at(0);
        return fmt::format("{} {} {}", found.state,
                           found.confirmed_at ? rfc3339(*found.confirmed_at) : "-",
                           found.left_at ? rfc3339(*found.left_at) : "-");
    }
    bool suppressed(const std::string& address) {
        return finish(audience_->is_suppressed(address)).value();
    }
    std::vector<std::string> refused_;
};

TEST_F(ImportFrom, Listmonk) {
    const auto done = import("listmonk.csv");
    EXPECT_EQ(done.accepted, 1);
    EXPECT_EQ(done.kept_out, 2);
    EXPECT_EQ(dates("ann@paper.example"), "active 2021-03-02T10:00:00.123Z -");
    EXPECT_EQ(dates("bob@paper.example"), "left 2021-03-03T10:30:00.000Z 2022-01-05T09:00:00.000Z");
    EXPECT_TRUE(suppressed("eve@paper.example"));
    EXPECT_EQ(refused_,
              std::vector<std::string>{"5: its status in the file is none of listmonk's"});
    EXPECT_EQ(record("ann@paper.example").consent.at(0).detail.form_id,
              "listmonk 2021-03-02T10:00:00.123Z");
    EXPECT_TRUE(finish(audience_->verify_consent())->intact);
}

TEST_F(ImportFrom, Mailchimp) {
    EXPECT_EQ(import("mailchimp_subscribed.csv").accepted, 2);
    EXPECT_EQ(dates("ann@paper.example"), "active 2019-03-02T10:05:30.000Z -");
    EXPECT_EQ(dates("bob@paper.example"), "active 2020-06-01T08:00:00.000Z -");
    EXPECT_EQ(refused_.size(), 1U);
    EXPECT_EQ(import("mailchimp_unsubscribed.csv").kept_out, 1);
    EXPECT_EQ(dates("gone@paper.example"),
              "left 2018-01-01T00:00:09.000Z 2019-12-24T18:00:00.000Z");
    EXPECT_EQ(record("gone@paper.example").consent.at(0).entry.type, "withdrawn");
    EXPECT_EQ(import("mailchimp_cleaned.csv").kept_out, 1);
    EXPECT_TRUE(suppressed("dead@paper.example"));
    EXPECT_FALSE(known("dead@paper.example"));
}

TEST_F(ImportFrom, Ghost) {
    const auto done = import("ghost.csv");
    EXPECT_EQ(done.accepted, 1);
    EXPECT_EQ(done.kept_out, 2);
    EXPECT_EQ(done.refused, 1);
    EXPECT_EQ(dates("ann@paper.example"), "active 2022-05-06T07:08:09.123Z -");
    EXPECT_EQ(state("bob@paper.example"), "left");
    EXPECT_EQ(dates("eve@paper.example"), "left 2022-05-08T07:08:09.000Z 2023-01-01T00:00:00.000Z");
}

TEST_F(ImportFrom, Mailman) {
    EXPECT_EQ(import("mailman.txt").accepted, 3);
    EXPECT_EQ(state("bob@paper.example"), "active");
    EXPECT_EQ(record("eve@paper.example").consent.at(0).detail.form_id, "mailman");
}

TEST_F(ImportFrom, WhoLeftThereIsNotBroughtBackByAnotherFile) {
    ASSERT_EQ(import("ghost.csv").kept_out, 2);
    EXPECT_EQ(import("mailman.txt").accepted, 0);  // bob and eve left, ann is there
    EXPECT_EQ(state("bob@paper.example"), "left");
}

TEST_F(ImportFrom, AFileTakesNobodyOffAList) {
    subscribe("bob@paper.example");
    EXPECT_EQ(import("ghost.csv").duplicates, 1);
    EXPECT_EQ(state("bob@paper.example"), "active");
}

TEST(ImportReaderCorpus, FuzzCorpusIsReplayed) {
    int files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/import")) {
        std::ifstream in(entry.path(), std::ios::binary);
        ImportReader reader(in);
        for (auto chunk = reader.next(); chunk && *chunk; chunk = reader.next()) {
            for (const ImportRow& row : (*chunk)->rows) {
                EXPECT_TRUE(row.unreadable.empty() || row.address.empty()) << entry.path();
            }
        }
        ++files;
    }
    EXPECT_GE(files, 8);
}

TEST(ParseMoment, ReadsWhatServicesWrite) {
    const auto text = [](std::string_view from) {
        const auto time = parse_moment(from);
        return time ? rfc3339(*time) : "none";
    };
    EXPECT_EQ(text("2019-03-02"), "2019-03-02T00:00:00.000Z");
    EXPECT_EQ(text(" 2019-03-02 10:00:00 "), "2019-03-02T10:00:00.000Z");
    EXPECT_EQ(text("2019-03-02T10:00:00.5+01:30"), "2019-03-02T08:30:00.500Z");
    EXPECT_EQ(text("2019-03-02 10:00:00.123456789 -0500 EST"), "2019-03-02T15:00:00.123Z");
    for (const char* bad : {"", "2019", "2019-02-30", "2019-03-02 25:00", "2019-03-02T10",
                            "2019-03-02 10:00:00 +99:00", "1969-12-31", "02/03/2019",
                            "2019-03-02 10:00:00 +0000<b>", "2019-03-02x"}) {
        EXPECT_EQ(text(bad), "none") << bad;
    }
}

}  // namespace
}  // namespace tocsin::audience
