#include "net/form.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/url.h"

namespace tocsin::net {
namespace {

HttpRequest posted(std::string type, std::string body) {
    HttpRequest request;
    request.headers.set("Content-Type", std::move(type));
    request.body = std::move(body);
    return request;
}

TEST(Form, ReadsUrlencodedFields) {
    const Result<Form> form = parse_urlencoded("email=ann%40example.com&list=a&list=b+c&x=&y&&");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->get("email"), "ann@example.com");
    EXPECT_EQ(form->all("list"), (std::vector<std::string>{"a", "b c"}));
    EXPECT_TRUE(form->has("x"));
    EXPECT_TRUE(form->has("y"));
    EXPECT_FALSE(form->has("z"));
    EXPECT_EQ(form->get("z"), "");
}

TEST(Form, RefusesWhatNoBrowserSends) {
    for (const char* bad :
         {"a=%", "a=%1", "a=%zz", "a=%00", "%00=1", "a=%FF", "a=%C0%AF", "a=%ED%A0%80", "a=\xFF"}) {
        const Result<Form> form = parse_urlencoded(bad);
        ASSERT_FALSE(form) << bad;
        EXPECT_EQ(form.error().kind(), ErrorKind::Invalid);
    }
    EXPECT_FALSE(parse_urlencoded(std::string_view("a=\0", 3)));
    EXPECT_TRUE(parse_urlencoded("a=" + std::string(limits::kFormFieldBytesMax, 'x')));
    EXPECT_FALSE(parse_urlencoded("a=" + std::string(limits::kFormFieldBytesMax + 1, 'x')));
    std::string many;
    for (std::size_t i = 0; i <= limits::kFormFieldsMax; ++i) {
        many += "a=1&";
    }
    EXPECT_FALSE(parse_urlencoded(many));
    EXPECT_TRUE(parse_urlencoded(many, limits::kFormFieldsMax + 1));
}

TEST(Form, OneClickUnsubscribeInBothForms) {
    const Result<Form> plain = parse_form(
        posted("application/x-www-form-urlencoded; charset=UTF-8", "List-Unsubscribe=One-Click"));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->get("List-Unsubscribe"), "One-Click");
    const Result<Form> multipart = parse_form(
        posted("multipart/form-data; boundary=\"---x:1\"",
               "-----x:1\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
               "One-Click\r\n-----x:1--\r\n"));
    ASSERT_TRUE(multipart);
    EXPECT_EQ(multipart->get("List-Unsubscribe"), "One-Click");
}

TEST(Form, MultipartIsStrict) {
    const std::string head = "--b\r\nContent-Disposition: form-data; name=\"a\"";
    EXPECT_TRUE(parse_multipart("b", head + "\r\n\r\nx\r\ny\r\n--b--"));
    EXPECT_TRUE(parse_multipart("b", "--b--"));
    EXPECT_FALSE(parse_multipart("b", head + "; filename=\"f\"\r\n\r\nx\r\n--b--"));
    EXPECT_FALSE(parse_multipart("b", head + "\r\n\r\nx"));
    EXPECT_FALSE(parse_multipart("b", head + "\r\n\r\nx\r\n--b"));
    EXPECT_FALSE(parse_multipart("b", "preamble\r\n" + head + "\r\n\r\nx\r\n--b--"));
    EXPECT_FALSE(parse_multipart("b", head + "\r\n\r\n\xFF\r\n--b--"));
    EXPECT_FALSE(parse_multipart("b", "--b\r\n\r\n\r\nx\r\n--b--"));
    EXPECT_FALSE(parse_multipart("", head));
    EXPECT_FALSE(parse_multipart(std::string(71, 'b'), head));
    EXPECT_FALSE(parse_form(posted("multipart/form-data", head)));
    EXPECT_FALSE(parse_form(posted("text/plain", "a=1")));
    EXPECT_FALSE(parse_form(posted("", "a=1")));
    EXPECT_TRUE(parse_form(posted("", "")));
}

TEST(Form, PercentCodingRoundTrips) {
    std::string all;
    for (int c = 1; c < 128; ++c) {
        all.push_back(static_cast<char>(c));
    }
    all += "\xC3\xA9";
    const Result<std::string> back = percent_decode(percent_encode(all));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, all);
    EXPECT_EQ(percent_encode("a b/é"), "a%20b%2F%C3%A9");
    EXPECT_EQ(*percent_decode("a+b"), "a+b");
}

TEST(Form, FuzzCorpusIsReplayed) {
    const std::filesystem::path folder = std::string(TOCSIN_SOURCE_DIR) + "/fuzz/corpus/form";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        (void)parse_urlencoded(bytes);
        (void)parse_multipart("b", bytes);
        (void)parse_http_url(bytes);
        ++files;
    }
    EXPECT_GT(files, 3);
}

TEST(Url, OnlyPlainWebLinks) {
    EXPECT_EQ(*parse_http_url("HTTPS://News.Example/A%c3%a9?q=1#top"),
              "https://news.example/A%c3%a9?q=1#top");
    EXPECT_EQ(*parse_http_url("https://a/x%2Fy/./z?u=%2f"), "https://a/x%2Fy/./z?u=%2f");
    EXPECT_EQ(*parse_http_url("http://localhost:8080"), "http://localhost:8080/");
    for (const char* bad : {"", "/x", "news.example", "javascript:alert(1)", "ftp://a/", "https://",
                            "https:///x", "https://user@a/", "https://u:p@a/", "http://a b/",
                            "http://a/\r\nX: y", "http://a:99999/", "http://a:0/", "mailto:a@b.c",
                            "http://a/%zz", "data:text/html,x", "https://a:4=b", "http://%41/"}) {
        EXPECT_FALSE(parse_http_url(bad)) << bad;
    }
    EXPECT_FALSE(parse_http_url("https://a/" + std::string(limits::kUrlBytesMax, 'x')));
    EXPECT_EQ(*origin_of("https://News.Example:443/x?y"), "https://news.example");
    EXPECT_EQ(*origin_of("http://127.0.0.1:8080/x"), "http://127.0.0.1:8080");
    EXPECT_EQ(*origin_of("http://[::1]:8080/x"), "http://[::1]:8080");
}

}  // namespace
}  // namespace tocsin::net
