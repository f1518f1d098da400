#include "net/http_server.h"

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/form.h"
#include "net/http_client.h"

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

HttpResponse text(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.headers.set("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
}

Task<void> write_numbers(HttpStream& stream) {
    for (int i = 0; i < 3; ++i) {
        const Status sent = co_await stream.write("part " + std::to_string(i) + "\n");
        if (!sent) {
            co_return;
        }
    }
}

Task<void> write_after_a_pause(HttpStream& stream) {
    (void)co_await stream.write("one\n");
    co_await sleep_for(milliseconds(150));
    (void)co_await stream.write("two\n");
}

Task<void> write_until_closed(HttpStream& stream) {
    while (!stream.closed()) {
        const Status sent = co_await stream.write(": beat\n\n");
        if (!sent) {
            co_return;
        }
        co_await sleep_for(milliseconds(1));
    }
}

Task<HttpResponse> handle(HttpRequest request) {
    if (request.path == "/stream" || request.path == "/endless" || request.path == "/pause") {
        HttpResponse response;
        response.stream = request.path == "/stream"    ? write_numbers
                          : request.path == "/endless" ? write_until_closed
                                                       : write_after_a_pause;
        co_return response;
    }
    if (request.path == "/throw") {
        throw std::runtime_error("broken handler");
    }
    if (request.path == "/split") {
        HttpResponse response = text(200, "x");
        response.headers.set("X-Bad", "a\r\nSet-Cookie: b");
        co_return response;
    }
    if (request.path == "/big") {
        co_return text(200, std::string(3'000'000, 'b'));
    }
    co_return text(200, request.method + " " + request.path + " " + request.body + " from " +
                            (request.unix_socket ? "unix" : request.peer));
}

// A server on its own thread; stopped at the end.
class ServerTest : public testing::Test {
  protected:
    void start(HttpServerOptions options = {}) {
        server_.emplace(io_, std::move(options), handle);
        const auto port = server_->listen_tcp("127.0.0.1", 0);
        ASSERT_TRUE(port) << port.error().message();
        port_ = *port;
        thread_ = std::thread([this] { io_.run(); });
    }
    void TearDown() override {
        if (server_) {
            server_->stop();
            work_.reset();
            thread_.join();
        }
    }
    // Sends the bytes on a new connection and reads until the server closes it.
    std::string talk(std::string_view bytes) {
        asio::io_context io;
        tcp::socket socket(io);
        socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(bytes.data(), bytes.size()), ignored);
        return read_all(socket);
    }
    static std::string read_all(tcp::socket& socket) {
        std::string out;
        boost::system::error_code error;
        std::array<char, 4096> buffer{};
        while (!error) {
            const std::size_t n = socket.read_some(asio::buffer(buffer), error);
            out.append(buffer.data(), n);
        }
        EXPECT_EQ(error, asio::error::eof) << error.message();
        return out;
    }
    template <class T>
    T wait(Task<T> task) {
        return asio::co_spawn(io_, std::move(task), asio::use_future).get();
    }
    Result<HttpResponse> request(std::string method, std::string target, std::string body = "") {
        HttpRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        return wait(http_request(io_.get_executor(), target_(), request));
    }
    HttpTarget target_() const {
        HttpTarget target;
        target.port = port_;
        return target;
    }

    asio::io_context io_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
        asio::make_work_guard(io_)};
    std::optional<HttpServer> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TEST_F(ServerTest, AnswersOverTcp) {
    start();
    const auto response = request("POST", "/a%20b?c", "body");
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /a b body from 127.0.0.1");
}

TEST_F(ServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
    FakeClock clock;
    HttpServerOptions options;
    options.clock = &clock;
    start(options);
    const std::string answers = talk(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "1\r\n\r\nxGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::size_t one = answers.find("GET /1 ");
    const std::size_t two = answers.find("POST /2 x ");
    const std::size_t three = answers.find("GET /3 ");
    EXPECT_LT(one, two);
    EXPECT_LT(two, three);
    EXPECT_NE(three, std::string::npos);
    EXPECT_THAT(answers, HasSubstr("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
    start();
    const std::string answer = talk("HEAD /h HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 23\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    const std::string stream =
        talk("HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(stream.ends_with("\r\n\r\n"));
    EXPECT_THAT(stream, HasSubstr("Transfer-Encoding: chunked"));
}

TEST_F(ServerTest, StreamsInChunksAndBareToHttp10) {
    start();
    const std::string chunked =
        talk("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(chunked.ends_with("7\r\npart 0\n\r\n7\r\npart 1\n\r\n7\r\npart 2\n\r\n0\r\n\r\n"));
    const std::string bare = talk("GET /stream HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(bare.ends_with("\r\n\r\npart 0\npart 1\npart 2\n"));
    EXPECT_EQ(bare.find("chunked"), std::string::npos);
}

TEST_F(ServerTest, RefusesSmugglingAndEndsTheConnection) {
    start();
    const std::string answer = talk(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(answer.find("hidden"), std::string::npos);
}

TEST_F(ServerTest, ALargeBodyIsRefusedAndTheAnswerStillArrives) {
    HttpServerOptions options;
    options.body_limit = [](const HttpRequest& request) -> std::size_t {
        return request.path == "/import" ? 600'000 : 1'000;
    };
    start(options);
    const std::string body(500'000, 'x');
    const std::string head =
        " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n";
    EXPECT_THAT(talk("POST /small" + head + body), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(talk("POST /import" + head + body), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, RefusalsUseTheGivenPage) {
    HttpServerOptions options;
    options.header_bytes_max = 200;
    options.refusal = [](int status, const HttpRequest&) { return text(status, "our page"); };
    start(options);
    const std::string answer = talk("GET /" + std::string(400, 'x'));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(answer, HasSubstr("our page"));
}

TEST_F(ServerTest, SlowHeadersBodiesAndIdleConnectionsAreClosed) {
    HttpServerOptions options;
    options.header_time = milliseconds(60);
    options.body_time = milliseconds(60);
    options.idle_time = milliseconds(60);
    start(options);
    EXPECT_EQ(talk(""), "");
    EXPECT_EQ(talk("GET / HTT"), "");
    EXPECT_EQ(talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"), "");
    EXPECT_THAT(talk("GET /idle HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AReaderThatStopsReadingIsCutOff) {
    HttpServerOptions options;
    options.write_time = milliseconds(60);
    start(options);
    asio::io_context io;
    tcp::socket socket(io);
    socket.open(tcp::v4());
    socket.set_option(asio::socket_base::receive_buffer_size(4096));
    socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    for (int i = 0; i < 4; ++i) {
        asio::write(socket, asio::buffer(std::string("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")));
    }
    // Not reading: the server gives up and its count of connections returns to zero.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_->connections() != 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ServerTest, AStreamMayBeSilentForLongerThanAWriteMayTake) {
    HttpServerOptions options;
    options.write_time = milliseconds(50);
    start(options);
    EXPECT_THAT(talk("GET /pause HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                HasSubstr("4\r\ntwo\n"));
}

TEST_F(ServerTest, TooManyConnectionsAreClosedAtOnce) {
    HttpServerOptions options;
    options.connections_max = 1;
    start(options);
    asio::io_context io;
    tcp::socket first(io);
    first.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    asio::write(first, asio::buffer(std::string("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")));
    std::array<char, 1> byte{};
    asio::read(first, asio::buffer(byte));  // the first is being served
    tcp::socket second(io);
    second.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    boost::system::error_code error;
    second.read_some(asio::buffer(byte), error);
    EXPECT_TRUE(error == asio::error::eof || error == asio::error::connection_reset);
}

TEST_F(ServerTest, BrokenHandlersAndSplitHeadersAre500) {
    start();
    EXPECT_EQ(request("GET", "/throw")->status, 500);
    const auto split = request("GET", "/split");
    EXPECT_EQ(split->status, 500);
    EXPECT_FALSE(split->headers.has("set-cookie"));
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
    start();
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    asio::write(socket,
                asio::buffer(std::string("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                         "Content-Length: 2\r\nConnection: close\r\n\r\n")));
    std::string interim(25, '\0');
    asio::read(socket, asio::buffer(interim));
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    asio::write(socket, asio::buffer(std::string("ok")));
    EXPECT_THAT(read_all(socket), HasSubstr("POST / ok "));
}

TEST_F(ServerTest, TrustedProxiesNameThePeer) {
    HttpServerOptions options;
    options.trusted_proxies = {"127.0.0.1", "10.0.0.1", "10.0.0.2"};
    start(options);
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"6.6.6.6", "192.0.2.7"}, "192.0.2.7"},  // a proxy that adds a field of its own
        {{"6.6.6.6, 192.0.2.7", "10.0.0.2", "10.0.0.1"}, "192.0.2.7"},
        {{"::ffff:192.0.2.7"}, "192.0.2.7"},
        {{"6.6.6.6, <script>, 10.0.0.2"}, "10.0.0.2"}};
    for (const auto& [fields, peer] : cases) {
        std::string head = "GET /p HTTP/1.1\r\nHost: a\r\nConnection: close";
        for (const std::string& field : fields) {
            head += "\r\nX-Forwarded-For: " + field;
        }
        EXPECT_THAT(talk(head + "\r\n\r\n"), HasSubstr("from " + peer)) << head;
    }
}

TEST_F(ServerTest, UnixSocketIsPrivateAndAStaleFileIsReplaced) {
    start();
    const std::string path = testing::TempDir() + "tocsin_http_test.sock";
    ::unlink(path.c_str());
    {
        // A socket file whose owner has gone.
        asio::io_context io;
        asio::local::stream_protocol::acceptor dead(io,
                                                    asio::local::stream_protocol::endpoint(path));
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    const Status listening = server_->listen_unix(path);
    ASSERT_TRUE(listening) << listening.error().message();
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);

    HttpTarget target;
    target.unix_path = path;
    HttpRequest request;
    request.method = "GET";
    request.target = "/sock";
    const auto response = wait(http_request(io_.get_executor(), target, request));
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "GET /sock  from unix");

    // A second server meets one that answers.
    asio::io_context other_io;
    HttpServer other(other_io, {}, handle);
    const Status refused = other.listen_unix(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::Conflict);
}

TEST_F(ServerTest, NeverRemovesAFileThatIsNoSocket) {
    start();
    const std::string path = testing::TempDir() + "tocsin_http_test.txt";
    std::ofstream(path) << "precious";
    const Status refused = server_->listen_unix(path);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(std::filesystem::exists(path));
    std::filesystem::remove(path);
}

TEST_F(ServerTest, DownloadsHandOverThePieces) {
    start();
    HttpRequest get;
    get.method = "GET";
    get.target = "/stream";
    std::string got;
    auto keep = [&got](std::string_view bytes) -> Status {
        got += bytes;
        return {};
    };
    const auto whole = wait(http_download(io_.get_executor(), target_(), get, keep));
    ASSERT_TRUE(whole) << whole.error().message();
    EXPECT_EQ(got, "part 0\npart 1\npart 2\n");
    EXPECT_EQ(whole->body, "");
    auto refuse = [](std::string_view) -> Status { return io_error("disk full"); };
    const auto stopped = wait(http_download(io_.get_executor(), target_(), get, refuse));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().message(), "disk full");
}

TEST_F(ServerTest, ClientNamesWhatIsWrong) {
    start();
    HttpTarget nobody;
    nobody.unix_path = testing::TempDir() + "no_such.sock";
    HttpRequest get;
    get.method = "GET";
    get.target = "/";
    const auto refused = wait(http_request(io_.get_executor(), nobody, get));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::Unavailable);
    HttpTarget slow = target_();
    slow.time_limit = milliseconds(50);
    get.target = "/endless";
    const auto late = wait(http_request(io_.get_executor(), slow, get));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::Timeout);
    HttpTarget small = target_();
    small.body_bytes_max = 1000;
    get.target = "/big";
    const auto large = wait(http_request(io_.get_executor(), small, get));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind(), ErrorKind::Limited);
    get.target = "/a b";
    EXPECT_FALSE(wait(http_request(io_.get_executor(), target_(), get)));
}

TEST_F(ServerTest, StopEndsIdleConnectionsAndStreams) {
    start();
    asio::io_context io;
    tcp::socket idle(io);
    idle.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    tcp::socket stream(io);
    stream.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    asio::write(stream, asio::buffer(std::string("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")));
    std::array<char, 1> byte{};
    asio::read(stream, asio::buffer(byte));
    server_->stop();
    EXPECT_TRUE(read_all(stream).ends_with("0\r\n\r\n"));  // ended, not cut
    EXPECT_EQ(read_all(idle), "");
    EXPECT_TRUE(wait(server_->drained(milliseconds(5'000))));
}

TEST_F(ServerTest, ListeningFailsWithOneClearLine) {
    start();
    const auto taken = server_->listen_tcp("127.0.0.1", port_);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message(), HasSubstr("port " + std::to_string(port_)));
    EXPECT_FALSE(server_->listen_tcp("news.example", 0));
    HttpServerOptions half;
    half.tls_cert_file = "/nonexistent";
    asio::io_context io;
    HttpServer tls(io, half, handle);
    EXPECT_FALSE(tls.listen_tcp("127.0.0.1", 0));
}

}  // namespace
}  // namespace tocsin::net
