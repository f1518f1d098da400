#include "mail/template_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/template.h"

namespace tocsin::mail {
namespace {

using testing::HasSubstr;

Catalog catalog() {
    const auto loaded = Catalog::load_from({
        {"en", R"({"language.direction": "ltr", "a.plain": "Tom & \"Ann\"",
                   "a.name": "To {{NAME}}!", "a.link": "Open <a>this, {{NAME}}</a> now"})"},
        {"ar", R"({"language.direction": "rtl", "a.plain": "توم",
                   "a.name": "{{NAME}} إلى", "a.link": "{{NAME}} <a>افتحوا</a>"})"},
    });
    EXPECT_TRUE(loaded) << loaded.error().message();
    return *loaded;
}

std::string put(const std::string& file, const std::string& text,
                std::string_view language = "en") {
    const auto out = put_words(catalog(), language, file, text);
    return out ? *out : "error: " + out.error().message();
}

TEST(TemplateWords, AreEscapedForTheirPlace) {
    EXPECT_EQ(put("a.html.tpl", "<p>{{@a.plain}}</p>"), "<p>Tom &amp; \"Ann\"</p>");
    EXPECT_EQ(put("a.html.tpl", "<p title=\"{{@a.plain}}\">"),
              "<p title=\"Tom &amp; &quot;Ann&quot;\">");
    EXPECT_EQ(put("a.txt.tpl", "{{@a.plain}}\n{{X}}"), "Tom & \"Ann\"\n{{X}}");
}

TEST(TemplateWords, PlaceholdersAreIsolated) {
    EXPECT_EQ(put("a.html.tpl", "<p>{{@a.name}}</p>"), "<p>To <bdi>{{NAME}}</bdi>!</p>");
    EXPECT_EQ(put("a.html.tpl", "<title>{{@a.name}}</title>"), "<title>To {{NAME}}!</title>");
    EXPECT_EQ(put("mail/a.html.tpl", "<p>{{@a.name}}</p>"), "<p>To {{NAME}}!</p>");
    EXPECT_EQ(put("a.txt.tpl", "{{@a.name}}"), "To {{NAME}}!");
    EXPECT_EQ(put("a.html.tpl", "<p>{{@a.name}}</p>", "ar"), "<p><bdi>{{NAME}}</bdi> إلى</p>");
    const std::string marked = "\u2068{{NAME}}\u2069 إلى";
    EXPECT_EQ(put("a.html.tpl", "<title>{{@a.name}}</title>", "ar"),
              "<title>" + marked + "</title>");
    EXPECT_EQ(put("a.html.tpl", "<i title=\"{{@a.name}}\">", "ar"), "<i title=\"" + marked + "\">");
    EXPECT_EQ(put("mail/a.html.tpl", "<p>{{@a.name}}", "ar"), "<p>" + marked);
    EXPECT_EQ(put("mail/a.txt.tpl", "{{@a.name}}", "ar"), marked);
}

TEST(TemplateWords, ElementsAreWhatTheTemplateSays) {
    EXPECT_EQ(put("a.html.tpl", "<p>{{@a.link <a class=\"x\" href=\"{{URL}}\">}}"),
              "<p>Open <a class=\"x\" href=\"{{URL}}\">this, <bdi>{{NAME}}</bdi></a> now");
    EXPECT_EQ(put("a.txt.tpl", "{{@a.link}}"), "Open this, {{NAME}} now");
    EXPECT_THAT(put("a.html.tpl", "<p>{{@a.link}}"), HasSubstr("<a> of the text is not given"));
    EXPECT_THAT(put("a.html.tpl", "<p>{{@a.plain <a>}}"), HasSubstr("has not the elements"));
    EXPECT_THAT(put("a.html.tpl", "<p>{{@a.link <a> <a>}}"), HasSubstr("is there twice"));
    EXPECT_THAT(put("a.html.tpl", "<p>{{@a.link href}}"), HasSubstr("is no element"));
    EXPECT_EQ(put("b.html.tpl", "<p>{{@a.none}}"),
              "error: b.html.tpl: {{@a.none}}: there is no such text");
    EXPECT_THAT(put("b.html.tpl", "<p>{{@a.plain"), HasSubstr("is not closed"));
}

TEST(TemplateWords, ShippedPagesAndMailsAreReadyInEveryLanguage) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates) << templates.error().message();
    const std::string confirm = "templates/reader_confirm.html.tpl";
    for (const std::string& language : templates->catalog().languages()) {
        const bool rtl = templates->catalog().direction(language) == Direction::RightToLeft;
        const std::string dir = rtl ? "rtl" : "ltr";
        const auto page = templates->render(
            confirm, language, TemplateValues().set("LIST_NAME", "<x>").set("ADDRESS", "a@b.c"));
        ASSERT_TRUE(page);
        EXPECT_THAT(*page, HasSubstr("<html lang=\"" + language + "\" dir=\"" + dir + "\""));
        EXPECT_THAT(*page, HasSubstr("<strong><bdi>&lt;x&gt;</bdi></strong>"));
        EXPECT_THAT(*page, HasSubstr("<span class=\"address\"><bdi>a@b.c</bdi></span>"));
    }
    EXPECT_THAT(*templates->render(confirm, "xx", {}), HasSubstr("lang=\"en\""));
}

}  // namespace
}  // namespace tocsin::mail
