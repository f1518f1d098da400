#include "net/http_reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tocsin::net {
namespace {

using State = RequestReader::State;
constexpr std::size_t kHeaderMax = 1024;
constexpr std::size_t kBodyMax = 100;

// The status that the bytes are refused with; 0 if they are one whole request.
int refusal_of(std::string_view bytes) {
    RequestReader reader(kHeaderMax);
    reader.feed(bytes);
    if (reader.state() == State::Head) {
        reader.accept(kBodyMax);
    }
    if (reader.state() == State::Refused) {
        return reader.refusal();
    }
    return reader.state() == State::Done ? 0 : -1;
}

std::string with_headers(std::string_view headers, std::string_view body = "") {
    return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST(RequestReader, ReadsARequestInAnyPieces) {
    const std::string bytes =
        "POST /u/a%20b?x=1&y=%20 HTTP/1.1\r\nHost: news.example\r\nX-Two: b\r\n"
        "content-length: 5\r\n\r\nhello";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        RequestReader reader(kHeaderMax);
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            reader.feed(std::string_view(bytes).substr(at, piece));
            if (reader.state() == State::Head) {
                reader.accept(kBodyMax);
            }
        }
        ASSERT_EQ(reader.state(), State::Done) << "pieces of " << piece;
        EXPECT_TRUE(reader.keep_alive());
        const HttpRequest request = reader.take();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, "/u/a b");
        EXPECT_EQ(request.query, "x=1&y=%20");
        EXPECT_EQ(request.headers.get("x-two"), "b");
        EXPECT_EQ(request.body, "hello");
        EXPECT_TRUE(reader.empty());
    }
}

TEST(RequestReader, TakesChunksApart) {
    RequestReader reader(kHeaderMax);
    reader.feed(
        with_headers("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    ASSERT_EQ(reader.state(), State::Head);
    reader.accept(kBodyMax);
    ASSERT_EQ(reader.state(), State::Done);
    EXPECT_EQ(reader.take().body, "abcde");
}

TEST(RequestReader, PipelinedRequestsAreReadOneByOne) {
    RequestReader reader(kHeaderMax);
    reader.feed(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "2\r\n\r\nxxGET /3 HTTP/1.0\r\n\r\n");
    for (const char* path : {"/1", "/2", "/3"}) {
        ASSERT_EQ(reader.state(), State::Head);
        reader.accept(kBodyMax);
        ASSERT_EQ(reader.state(), State::Done);
        EXPECT_EQ(reader.keep_alive(), std::string_view(path) != "/3");
        EXPECT_EQ(reader.take().path, path);
    }
    EXPECT_TRUE(reader.empty());
}

TEST(RequestReader, RefusesEveryShapeThatSmuggles) {
    EXPECT_EQ(refusal_of(with_headers("Content-Length: 3\r\n", "abc")), 0);
    const std::vector<std::string> shapes = {
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length: 3 3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length : 3\r\n",
        "X: a\r\n folded\r\n",
        "X: a\r\n\tfolded\r\n",
        "X: a\nContent-Length: 3\r\n",
        "X: a\rContent-Length: 3\r\n",
        "Host: b\r\n",
        ": nameless\r\n",
        "no colon\r\n",
        "Na me: x\r\n",
        std::string("X: a\0b\r\n", 8),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    };
    for (const std::string& shape : shapes) {
        EXPECT_EQ(refusal_of(with_headers(shape, "3\r\nabc\r\n0\r\n\r\n")), 400) << shape;
    }
    for (const char* coding : {"gzip", "identity", "gzip, chunked", "chunked, gzip", "xchunked",
                               "chunked, chunked", "\"chunked\"", "chunked;q=1"}) {
        const int refused = refusal_of(with_headers(
            "Transfer-Encoding: " + std::string(coding) + "\r\n", "3\r\nabc\r\n0\r\n\r\n"));
        EXPECT_TRUE(refused == 501 || refused == 400) << coding << " " << refused;
    }
    EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesBadTargetsAndVersions) {
    auto get = [](std::string_view target) {
        return refusal_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    };
    EXPECT_EQ(get("/"), 0);
    EXPECT_EQ(get("http://a/x"), 0);
    EXPECT_EQ(get("/caf%C3%A9"), 0);
    for (const char* bad : {"/%", "/%4", "/%zz", "/%00", "/%C3", "/%ED%A0%80", "/a#b", "x", "*",
                            "/caf\xC3\xA9", "ftp://a/", "/a\tb"}) {
        EXPECT_EQ(get(bad), 400) << bad;
    }
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.0\r\n\r\n"), 0);
    EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    EXPECT_EQ(refusal_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
    EXPECT_EQ(refusal_of("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("hello\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("\x16\x03\x01\x02\r\n\r\n"), 400);
}

TEST(RequestReader, LimitsTheHeaderAndTheBody) {
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kHeaderMax, 'x')), 431);
    EXPECT_EQ(refusal_of(std::string(kHeaderMax + 1, 'x')), 431);
    EXPECT_EQ(refusal_of(with_headers("Content-Length: 101\r\n")), 413);
    const std::string big = "65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n";
    EXPECT_EQ(refusal_of(with_headers("Transfer-Encoding: chunked\r\n", big)), 413);
    const std::string long_extension = "1;" + std::string(2 * kHeaderMax, 'x');
    EXPECT_EQ(refusal_of(with_headers("Transfer-Encoding: chunked\r\n", long_extension)), 400);
    EXPECT_EQ(refusal_of(with_headers("Transfer-Encoding: chunked\r\n", "zz\r\n")), 400);
}

TEST(RequestReader, RandomBytesNeverPassTheLimits) {
    SeededRandom random(7);
    constexpr std::string_view kAlphabet = "GET /POST HTTP/1.1\r\n\r\n: chunked0123abc%";
    for (int round = 0; round < 2'000; ++round) {
        RequestReader reader(kHeaderMax);
        for (int i = 0; i < 40; ++i) {
            if (reader.state() == State::Head) {
                reader.accept(kBodyMax);
            } else if (reader.state() == State::Done) {
                EXPECT_LE(reader.take().body.size(), kBodyMax);
            } else if (reader.state() != State::Refused) {
                const std::size_t at = random.below(kAlphabet.size());
                reader.feed(kAlphabet.substr(at, random.below(12)));
            }
        }
    }
}

TEST(RequestReader, FuzzCorpusIsReplayed) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(TOCSIN_SOURCE_DIR) +
                                                                 "/fuzz/corpus/http_request")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        (void)refusal_of(bytes);
        ++files;
    }
    EXPECT_GT(files, 2);
}

}  // namespace
}  // namespace tocsin::net
