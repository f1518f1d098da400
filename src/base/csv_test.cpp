#include "base/csv.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace tocsin {
namespace {

using testing::ElementsAre;

struct Seen {
    std::vector<CsvRow> rows;
    char delimiter = 0;
};

Seen read(std::string_view text, std::size_t chunk = std::string_view::npos, char delimiter = 0,
          CsvLimits limits = {}) {
    Seen seen;
    CsvReader reader([&](const CsvRow& row) { seen.rows.push_back(row); }, delimiter, limits);
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view piece = text.substr(at, chunk);
        reader.feed(piece);
        at += piece.size();
    }
    reader.finish();
    seen.delimiter = reader.delimiter();
    return seen;
}

TEST(Csv, ReadsRowsWithEveryNewline) {
    for (const std::string_view newline : {"\n", "\r\n", "\r"}) {
        const std::string n(newline);
        const auto rows = read("email,name" + n + "a@b.c,Ann" + n + n + "d@e.f,").rows;
        ASSERT_EQ(rows.size(), 3U);
        EXPECT_THAT(rows[0].fields, ElementsAre("email", "name"));
        EXPECT_THAT(rows[1].fields, ElementsAre("a@b.c", "Ann"));
        EXPECT_THAT(rows[2].fields, ElementsAre("d@e.f", ""));
        EXPECT_EQ(rows[0].line, 1U);
        EXPECT_EQ(rows[1].line, 2U);
        EXPECT_EQ(rows[2].line, 4U);
    }
}

TEST(Csv, QuotedFieldsHoldDelimitersQuotesAndNewlines) {
    const auto rows = read("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\nnext,,\n").rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_THAT(rows[0].fields, ElementsAre("a,b", "say \"hi\"", "two\r\nlines"));
    EXPECT_THAT(rows[1].fields, ElementsAre("next", "", ""));
    EXPECT_EQ(rows[1].line, 3U);
}

TEST(Csv, ByteOrderMarkIsSkippedAndUtf16Refused) {
    const auto rows = read(
                          "\xEF\xBB\xBF"
                          "email\na@b.c\n")
                          .rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_THAT(rows[0].fields, ElementsAre("email"));
    EXPECT_EQ(rows[0].end, 9U);
    const auto wide = read(std::string_view("\xFF\xFE"
                                            "e\0m\0\n\0",
                                            8))
                          .rows;
    ASSERT_EQ(wide.size(), 1U);
    EXPECT_EQ(wide[0].error, "the file is UTF-16: save it as UTF-8");
}

TEST(Csv, DelimiterIsTheCommonestInTheFirstLine) {
    EXPECT_EQ(read("a;b;c,d\n1,2,3,4;5\n").delimiter, ';');
    EXPECT_EQ(read("a\tb\n").delimiter, '\t');
    EXPECT_EQ(read("email\n").delimiter, ',');
    EXPECT_EQ(read("\"x;y;z\",b\n").delimiter, ',');
    EXPECT_EQ(read("\"x\ny\";b\n", 1).delimiter, ';');
    EXPECT_THAT(read("a;b\n", 1, ',').rows.at(0).fields, ElementsAre("a;b"));
}

TEST(Csv, ABadRowCostsOnlyItself) {
    const auto rows = read("a,b\nx\"y,1\n\"x\"y,2\nok,3\n").rows;
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[1].error, "there is a quote in the middle of an unquoted field");
    EXPECT_TRUE(rows[1].fields.empty());
    EXPECT_EQ(rows[1].line, 2U);
    EXPECT_EQ(rows[2].error, "there is text after a closing quote");
    EXPECT_THAT(rows[3].fields, ElementsAre("ok", "3"));
    EXPECT_EQ(rows[3].line, 4U);
}

TEST(Csv, AnOpenQuoteIsReported) {
    const auto rows = read("a,b\n\"open,1\nx,2").rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].error, "the quote opened in the row that begins on line 2 is never closed");
}

TEST(Csv, AnOpenQuoteCostsAtMostTheRowLimit) {
    std::string text = "\"open\n";
    for (int i = 0; i < 100; ++i) {
        text += "row" + std::to_string(i) + "\n";
    }
    const auto rows = read(text, 7, ',', {.field_bytes_max = 100, .row_bytes_max = 32}).rows;
    EXPECT_THAT(rows.at(0).error,
                testing::StartsWith("the row is longer than 32 bytes and a quote"));
    EXPECT_THAT(rows.at(0).error, testing::EndsWith("lines 1 to 7 are skipped"));
    EXPECT_EQ(rows.at(1).line, 8U);
    EXPECT_THAT(rows.back().fields, ElementsAre("row99"));
    EXPECT_EQ(rows.back().line, 101U);
}

TEST(Csv, LimitsHoldAtTheLastByte) {
    const CsvLimits limits{.field_bytes_max = 4, .row_bytes_max = 10, .fields_max = 3};
    const auto one = [&](std::string_view text) { return read(text, 3, ',', limits).rows.at(0); };
    EXPECT_EQ(one("aaaa,bb\n").error, "");
    EXPECT_EQ(one("aaaaa,b\n").error, "a field is longer than 4 bytes");
    EXPECT_EQ(one("\"aaaaa\",b\n").error, "a field is longer than 4 bytes");
    EXPECT_EQ(one("aaaa,bbbb,\n").error, "");
    EXPECT_EQ(one("aaaa,bbbb,\r\n").error, "");
    EXPECT_EQ(one("aaaa,bbbb,c\n").error, "the row is longer than 10 bytes");
    EXPECT_EQ(one("a,b,c\n").error, "");
    EXPECT_EQ(one("a,b,c,d\n").error, "the row has more than 3 fields");
    EXPECT_EQ(one("a,b,c,").error, "the row has more than 3 fields");
}

TEST(Csv, EndIsWhereReadingCanGoOn) {
    const std::string text =
        "\xEF\xBB\xBF"
        "a,b\r\n\"x\ny\",2\r\rc,3\nlast";
    const auto rows = read(text).rows;
    ASSERT_EQ(rows.size(), 4U);
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
        const auto rest = read(std::string_view(text).substr(rows[i].end), 1, ',').rows;
        ASSERT_FALSE(rest.empty());
        EXPECT_EQ(rest.front().fields, rows[i + 1].fields);
    }
    EXPECT_EQ(rows.back().end, text.size());
}

TEST(Csv, WriterQuotesWhatNeedsIt) {
    std::string out;
    write_csv_row(out, {"plain", "a,b", "say \"hi\"", "two\nlines", ""});
    write_csv_row(out, {""});
    EXPECT_EQ(out, "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n\"\"\r\n");
}

TEST(Csv, SpreadsheetSafeDisarmsFormulas) {
    std::string out;
    write_csv_row(out,
                  {"=1+1", "+1", "-1", "@SUM(A1)", "a=1",
                   "\xEF\xBC\x9D"
                   "1"},
                  CsvMode::SpreadsheetSafe);
    EXPECT_EQ(out,
              "\"'=1+1\",\"'+1\",\"'-1\",\"'@SUM(A1)\",a=1,\"'\xEF\xBC\x9D"
              "1\"\r\n");
}

TEST(Csv, RandomRowsRoundTripInAnyPieces) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261124;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    constexpr std::string_view kAlphabet = "ab\",;\t\r\n\xC3\xA9";
    for (int round = 0; round < 200; ++round) {
        std::vector<std::vector<std::string>> table(1 + random.below(5));
        std::string text;
        for (auto& row : table) {
            row.resize(1 + random.below(4));
            for (std::string& field : row) {
                for (std::uint64_t n = random.below(8); n > 0; --n) {
                    field += kAlphabet[random.below(kAlphabet.size())];
                }
            }
            write_csv_row(text, {row.begin(), row.end()});
        }
        const std::size_t chunk = 1 + random.below(9);
        const auto rows = read(text, chunk, ',').rows;
        ASSERT_EQ(rows.size(), table.size()) << text;
        for (std::size_t i = 0; i < table.size(); ++i) {
            EXPECT_EQ(rows[i].fields, table[i]) << text;
            EXPECT_EQ(rows[i].error, "");
        }
    }
}

TEST(Csv, AnyBytesReadTheSameInAnyPieces) {
    SeededRandom random(7);
    constexpr std::string_view kAlphabet = "a\",;\r\n\n\"";
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(60); n > 0; --n) {
            text += kAlphabet[random.below(kAlphabet.size())];
        }
        const CsvLimits limits{.field_bytes_max = 6, .row_bytes_max = 12, .fields_max = 4};
        const Seen whole = read(text, std::string_view::npos, 0, limits);
        for (const std::size_t chunk : {1U, 2U, 5U}) {
            const Seen pieces = read(text, chunk, 0, limits);
            EXPECT_EQ(pieces.delimiter, whole.delimiter);
            ASSERT_EQ(pieces.rows.size(), whole.rows.size()) << text;
            for (std::size_t i = 0; i < whole.rows.size(); ++i) {
                EXPECT_EQ(pieces.rows[i].fields, whole.rows[i].fields);
                EXPECT_EQ(pieces.rows[i].error, whole.rows[i].error);
                EXPECT_EQ(pieces.rows[i].line, whole.rows[i].line);
                EXPECT_EQ(pieces.rows[i].end, whole.rows[i].end);
            }
        }
    }
}

TEST(Csv, TheFuzzCorpusReplays) {
    const std::filesystem::path folder = TOCSIN_SOURCE_DIR "/fuzz/corpus/csv";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        EXPECT_EQ(read(text).rows.size(), read(text, 1).rows.size()) << entry.path();
    }
}

}  // namespace
}  // namespace tocsin
