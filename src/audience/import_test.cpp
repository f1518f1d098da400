#include <fstream>
#include <sstream>

#include "audience/audience_fixture.h"
#include "audience/import_reader.h"
#include "base/crypto.h"
#include "base/limits.h"

namespace tocsin::audience {
namespace {

class Import : public AudienceTest {
  protected:
    ImportStart start(const std::string& name = "file") {
        return {sha256(name), "breaking", "Newsletter of 2019, confirmed opt-in"};
    }
    // "line: reason" of every refused row.
    std::vector<std::string> refused_;
    Result<ImportProgress> import(const std::string& csv, const std::string& name = "file") {
        std::istringstream in(csv);
        refused_.clear();
        return finish(audience_->import_csv(in, start(name), [this](const RefusedRow& row) {
            refused_.push_back(fmt::format("{}: {}", row.row, row.reason));
        }));
    }
    std::vector<ImportRow> rows(std::initializer_list<const char*> addresses) {
        std::vector<ImportRow> out;
        for (const char* address : addresses) {
            out.push_back({address, ""});
        }
        return out;
    }
};

TEST_F(Import, TakesReadersWithTheirSourceOfConsent) {
    const auto done = import("name,E-Mail\r\nAnn,Ann@paper.example\r\nBob,bob@paper.example\r\n");
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->accepted, 2);
    EXPECT_EQ(done->refused, 0);
    EXPECT_EQ(done->next_row, 2);
    EXPECT_TRUE(done->finished);
    EXPECT_EQ(state("ann@paper.example"), "active");
    const auto consent = record("bob@paper.example").consent;
    ASSERT_EQ(consent.size(), 1U);
    EXPECT_EQ(consent[0].entry.type, "imported");
    EXPECT_EQ(consent[0].entry.method, "import");
    EXPECT_EQ(consent[0].wording, "Newsletter of 2019, confirmed opt-in");
    EXPECT_TRUE(finish(audience_->verify_consent())->intact);
    EXPECT_TRUE(outbox().empty());
}

TEST_F(Import, ReadersSpeakTheListsLanguageOrTheNewsrooms) {
    settings_.sender.language = "de";
    reopen();
    ASSERT_TRUE(import("email\nann@paper.example\n"));
    EXPECT_EQ(record("ann@paper.example").locale, "de");
    ASSERT_TRUE(finish(audience_->set_list_language("breaking", "fr")));
    ASSERT_TRUE(import("email\nann@paper.example\nbob@paper.example\n", "another"));
    EXPECT_EQ(record("bob@paper.example").locale, "fr");
    EXPECT_EQ(record("ann@paper.example").locale, "de");  // known before
}

TEST_F(Import, ReportsEveryRefusedRowWithItsLineAndReason) {
    const auto done = import(
        "email;name\n"
        "ann@paper.example;Ann\n"
        "nonsense;X\n"
        "\n"
        ";empty\n"
        "\"broken\n"
        "bob@paper.example;Bob\n");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->accepted + done->refused + done->duplicates, done->next_row);
    ASSERT_GE(refused_.size(), 3U);
    EXPECT_EQ(refused_[0].substr(0, 3), "3: ");
    EXPECT_EQ(refused_[1].substr(0, 3), "5: ");
    EXPECT_EQ(refused_[2].substr(0, 3), "6: ");
    for (const std::string& line : refused_) {
        EXPECT_GT(line.size(), 5U);
    }
}

TEST_F(Import, CountsDuplicatesInTheFileAndOnTheList) {
    subscribe("ann@paper.example");
    const auto done = import("ann@paper.example\nbob@paper.example\nBOB@paper.example\n");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->accepted, 1);
    EXPECT_EQ(done->duplicates, 2);
    EXPECT_EQ(record("bob@paper.example").consent.size(), 1U);
}

TEST_F(Import, NeverBringsBackWhoLeftOrIsSuppressed) {
    subscribe("left@paper.example");
    ASSERT_TRUE(
        finish(audience_->unsubscribe(unsubscribe_token("left@paper.example", news_), evidence())));
    ASSERT_TRUE(finish(
        audience_->suppress("bounced@paper.example", SuppressionReason::Bounced, evidence())));
    subscribe("gone@paper.example");
    ASSERT_TRUE(finish(audience_->erase_by_address("gone@paper.example", evidence())));
    const auto done =
        import("email\nleft@paper.example\nbounced@paper.example\ngone@paper.example\n");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->accepted, 0);
    EXPECT_EQ(done->refused, 3);
    EXPECT_EQ(refused_[0], "2: this reader has left the list");
    EXPECT_EQ(refused_[1], "3: the address must not be mailed (bounced)");
    EXPECT_EQ(refused_[2], "4: the address must not be mailed (erased)");
    EXPECT_EQ(state("left@paper.example"), "left");
    EXPECT_FALSE(known("bounced@paper.example"));
}

TEST_F(Import, ConfirmsPendingReadersAndAddsKnownOnes) {
    ASSERT_TRUE(sign_up("pending@paper.example"));
    subscribe("sporty@paper.example", "sport");
    const auto done = import("pending@paper.example\nsporty@paper.example\n");
    EXPECT_EQ(done->accepted, 2);
    EXPECT_EQ(state("pending@paper.example"), "active");
    EXPECT_EQ(state("sporty@paper.example"), "active");
    EXPECT_EQ(state("sporty@paper.example", "sport"), "active");
}

TEST_F(Import, ReservedDomainsAreForDevelopmentOnly) {
    settings_.reserved_domains = ReservedDomains::Refuse;
    reopen();
    const auto done = import("ann@paper.example\nann@a-paper.com\n");
    EXPECT_EQ(done->accepted, 1);
    EXPECT_EQ(done->refused, 1);
}

TEST_F(Import, GoesOnAtTheFirstUncommittedRowAfterAKill) {
    const auto begun = finish(audience_->start_import(start()));
    ASSERT_TRUE(begun);
    ASSERT_TRUE(finish(
        audience_->import_rows(begun->job, 0, rows({"a@paper.example", "no", "b@paper.example"}))));
    reopen();  // killed; the answer to the next chunk was never seen
    ASSERT_TRUE(finish(audience_->import_rows(begun->job, 3, rows({"c@paper.example"}))));
    reopen();
    const auto again = finish(audience_->start_import(start()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->job, begun->job);
    EXPECT_EQ(again->next_row, 4);
    EXPECT_EQ(again->accepted, 3);
    EXPECT_EQ(again->refused, 1);
    // The file again from its beginning: only what is new counts.
    const auto done = import(
        "a@paper.example\nno\nb@paper.example\nc@paper.example\n"
        "d@paper.example\nnope\n");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->next_row, 6);
    EXPECT_EQ(done->accepted, 4);
    EXPECT_EQ(done->refused, 2);
    EXPECT_EQ(done->duplicates, 0);
    EXPECT_EQ(refused_.size(), 1U);
    EXPECT_EQ(refused_[0].substr(0, 3), "6: ");
}

TEST_F(Import, AChunkSentTwiceCountsOnce) {
    const auto begun = finish(audience_->start_import(start()));
    const auto chunk = rows({"a@paper.example", "no"});
    ASSERT_TRUE(finish(audience_->import_rows(begun->job, 0, chunk)));
    const auto twice = finish(audience_->import_rows(begun->job, 0, chunk));
    ASSERT_TRUE(twice);
    EXPECT_EQ(twice->progress.accepted, 1);
    EXPECT_EQ(twice->progress.refused, 1);
    EXPECT_EQ(twice->progress.duplicates, 0);
    // One that overlaps adds its new rows only.
    const auto more =
        finish(audience_->import_rows(begun->job, 1, rows({"no", "b@paper.example"})));
    EXPECT_EQ(more->progress.accepted, 2);
    EXPECT_EQ(more->progress.next_row, 3);
}

TEST_F(Import, AChunkInPiecesIsTheSameChunk) {
    settings_.import_rows = 3;
    reopen();
    const auto begun = finish(audience_->start_import(start()));
    const auto given = rows({"a@paper.example", "b@paper.example", "no address", "c@paper.example",
                             "a@paper.example", "also none", "d@paper.example"});
    const auto done = finish(audience_->import_rows(begun->job, 0, given));
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->progress.accepted, 4);
    EXPECT_EQ(done->progress.next_row, 7);
    ASSERT_EQ(done->refused.size(), 2U);
    EXPECT_EQ(done->refused[1].row, 5);
    const auto again = finish(audience_->import_rows(begun->job, 0, given));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->progress.accepted, 4);
}

TEST_F(Import, RefusesGapsUnknownAndFinishedJobs) {
    const auto begun = finish(audience_->start_import(start()));
    EXPECT_EQ(
        finish(audience_->import_rows(begun->job, 1, rows({"a@paper.example"}))).error().kind(),
        ErrorKind::Conflict);
    EXPECT_EQ(finish(audience_->import_rows(999, 0, {})).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(finish(audience_->import_rows(begun->job, -1, {})).error().kind(),
              ErrorKind::Invalid);
    EXPECT_EQ(finish(audience_->import_rows(begun->job, 0,
                                            std::vector<ImportRow>(limits::kImportRowsMax + 1)))
                  .error()
                  .kind(),
              ErrorKind::Invalid);
    ASSERT_TRUE(finish(audience_->finish_import(begun->job)));
    EXPECT_EQ(finish(audience_->import_rows(begun->job, 0, {})).error().kind(),
              ErrorKind::Conflict);
    EXPECT_EQ(finish(audience_->finish_import(999)).error().kind(), ErrorKind::NotFound);
}

TEST_F(Import, AFinishedFileCanBeImportedAgainFromItsBeginning) {
    ASSERT_TRUE(import("a@paper.example\n"));
    const auto again = import("a@paper.example\n");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->accepted, 0);
    EXPECT_EQ(again->duplicates, 1);
    EXPECT_EQ(again->next_row, 1);
}

TEST_F(Import, NeedsASourceAListAndAHash) {
    ImportStart bad = start();
    bad.consent_source = "  ";
    EXPECT_EQ(finish(audience_->start_import(bad)).error().kind(), ErrorKind::Invalid);
    bad = start();
    bad.list = "nope";
    EXPECT_EQ(finish(audience_->start_import(bad)).error().kind(), ErrorKind::NotFound);
    bad = start();
    bad.file_hash = "short";
    EXPECT_EQ(finish(audience_->start_import(bad)).error().kind(), ErrorKind::Invalid);
    EXPECT_EQ(import("name,town\nAnn,Bath\n").error().kind(), ErrorKind::Invalid);
}

TEST_F(Import, AChunkIsAllOrNothing) {
    const auto begun = finish(audience_->start_import(start()));
    execute("ALTER TABLE consent_event RENAME TO consent_event_gone");
    EXPECT_FALSE(finish(audience_->import_rows(begun->job, 0, rows({"a@paper.example"}))));
    execute("ALTER TABLE consent_event_gone RENAME TO consent_event");
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 0);
    EXPECT_EQ(count("SELECT next_row FROM import_job"), 0);
}

TEST_F(Import, ManyChunks) {
    std::string csv = "email\n";
    for (int i = 0; i < 10'000; ++i) {
        csv += fmt::format("reader{}@paper{}.example\n", i, i % 100);
    }
    const auto done = import(csv);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->accepted, 10'000);
    const auto verdict = finish(audience_->verify_consent());
    EXPECT_TRUE(verdict->intact);
    EXPECT_EQ(verdict->entries, 10'000);
}

Task<Status> append_part(std::string& out, std::string part) {
    EXPECT_LE(part.size(), 1'000'000U);
    out += part;
    co_return Status();
}

class Export : public Import {
  protected:
    std::string exported() {
        std::string out;
        auto sink = [&out](std::string part) { return append_part(out, std::move(part)); };
        EXPECT_TRUE(finish(audience_->export_list("breaking", sink)));
        return out;
    }
};

TEST_F(Export, WritesEveryReaderOnce) {
    subscribe("ann@paper.example", "breaking", Marketing::Granted);
    ASSERT_TRUE(sign_up("bob@paper.example"));
    subscribe("sporty@paper.example", "sport");
    EXPECT_EQ(exported(),
              "address,state,requested_at,confirmed_at,left_at,marketing\r\n"
              "ann@paper.example,active,2023-11-14T22:13:20.000Z,2023-11-14T22:13:20.000Z,,yes\r\n"
              "bob@paper.example,pending,2023-11-14T22:13:20.000Z,,,no\r\n");
}

TEST_F(Export, IsSafeInASpreadsheetAndReadsBackTheSame) {
    ASSERT_TRUE(import("email\n+plus@paper.example\n=sum@paper.example\nann@paper.example\n"));
    ASSERT_TRUE(sign_up("pending@paper.example"));
    const std::string csv = exported();
    EXPECT_NE(csv.find("\"'+plus@paper.example\","), std::string::npos);
    EXPECT_NE(csv.find("\"'=sum@paper.example\","), std::string::npos);
    ASSERT_TRUE(finish(audience_->erase_by_address("ann@paper.example", evidence())));
    ASSERT_TRUE(finish(audience_->lift_suppression("ann@paper.example")));
    const auto back = import(csv, "export");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->accepted, 1);
    EXPECT_EQ(back->duplicates, 2);
    EXPECT_EQ(
        refused_,
        (std::vector<std::string>{"5: its state in the file is \"pending\", not \"active\""}));
    EXPECT_EQ(state("+plus@paper.example"), "active");
}

TEST_F(Export, PagesThroughLongLists) {
    std::string csv = "email\n";
    for (int i = 0; i < 3'500; ++i) {
        csv += fmt::format("reader{}@paper.example\n", i);
    }
    ASSERT_TRUE(import(csv));
    const std::string out = exported();
    EXPECT_EQ(std::ranges::count(out, '\n'), 3'501);
}

TEST_F(Export, TheSinksErrorEndsIt) {
    subscribe("ann@paper.example");
    auto sink = [](std::string) -> Task<Status> { co_return unavailable("gone"); };
    EXPECT_EQ(finish(audience_->export_list("breaking", sink)).error().kind(),
              ErrorKind::Unavailable);
    EXPECT_EQ(finish(audience_->export_list("nope", sink)).error().kind(), ErrorKind::NotFound);
}

TEST(ImportReader, FindsTheAddressColumn) {
    const auto first = [](const std::string& csv) {
        std::istringstream in(csv);
        ImportReader reader(in);
        auto chunk = reader.next();
        return !chunk                ? "error: " + chunk.error().message()
               : !chunk->has_value() ? "nothing"
                                     : (*chunk)->rows.at(0).address;
    };
    EXPECT_EQ(first("a@x.example\nb@x.example\n"), "a@x.example");
    EXPECT_EQ(first("name,b@x.example\n"), "b@x.example");
    EXPECT_EQ(first("Name, EMAIL ,Town\nAnn,a@x.example,Bath\n"), "a@x.example");
    EXPECT_EQ(first("address,email\n1 High St,a@x.example\n"), "a@x.example");
    EXPECT_EQ(first("\xef\xbb\xbf"
                    "email\na@x.example\n"),
              "a@x.example");
    EXPECT_EQ(first("email\tname\n a@x.example \tAnn\n"), "a@x.example");
    EXPECT_EQ(first(""), "nothing");
    EXPECT_EQ(first("email\n"), "nothing");
    EXPECT_EQ(first("name,town\nAnn,Bath\n").substr(0, 7), "error: ");
}

TEST(ImportReader, RefusesBytesThatAreNoText) {
    std::istringstream in(
        "email,state\n\xFF\xFE@paper.example,active\nann@paper.example,\xE2\x82\n");
    ImportReader reader(in);
    const auto chunk = reader.next().value();
    ASSERT_TRUE(chunk);
    ASSERT_EQ(chunk->rows.size(), 2U);
    EXPECT_EQ(chunk->rows[0].unreadable, "its address is not valid UTF-8");
    EXPECT_EQ(chunk->rows[0].address, "");
    EXPECT_EQ(chunk->rows[1].unreadable, "its state in the file is not \"active\"");
}

TEST(ImportReader, ReadsMembersAsMailmanPrintsThem) {
    std::istringstream in(
        "Anne Person <anne@x.example>\n\"Bart, Jr.\" <bart@x.example>\r\n\n"
        "cris@x.example\n<>\nDana <dana@x.example>");
    ImportReader reader(in);
    const auto chunk = reader.next().value();
    ASSERT_TRUE(chunk);
    ASSERT_EQ(chunk->rows.size(), 5U);
    EXPECT_EQ(chunk->rows[0].address, "anne@x.example");
    EXPECT_EQ(chunk->rows[1].address, "bart@x.example");
    EXPECT_EQ(chunk->rows[2].address, "cris@x.example");
    EXPECT_EQ(chunk->lines[2], 4U);
    EXPECT_EQ(chunk->rows[4].address, "dana@x.example");
    EXPECT_EQ(chunk->rows[4].source, ImportSource::Mailman);
}

TEST(ImportReader, CutsBoundedChunksWithTheirLines) {
    std::string csv = "email\n";
    for (int i = 0; i < 5'000; ++i) {
        csv += fmt::format("r{}@x.example\n", i);
    }
    std::istringstream in(csv);
    ImportReader reader(in);
    reader.skip_to(10);
    std::int64_t next = 10;
    for (;;) {
        const auto chunk = reader.next();
        ASSERT_TRUE(chunk);
        if (!*chunk) {
            break;
        }
        EXPECT_EQ((*chunk)->first_row, next);
        EXPECT_LE((*chunk)->rows.size(), limits::kImportRowsMax);
        ASSERT_EQ((*chunk)->rows.size(), (*chunk)->lines.size());
        for (std::size_t i = 0; i < (*chunk)->rows.size(); ++i, ++next) {
            ASSERT_EQ((*chunk)->rows[i].address, fmt::format("r{}@x.example", next));
            ASSERT_EQ((*chunk)->lines[i], static_cast<std::uint64_t>(next + 2));
        }
    }
    EXPECT_EQ(next, 5'000);
}

TEST(ImportReader, HashesTheWholeFile) {
    std::istringstream in(std::string(200'000, 'x'));
    EXPECT_EQ(*ImportReader::file_hash(in), sha256(std::string(200'000, 'x')));
}

}  // namespace
}  // namespace tocsin::audience
