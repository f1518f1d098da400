#include "mail/template.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mail {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string render(const std::string& file, const std::string& text, const TemplateValues& values) {
    const auto templates = Templates::load_from({{file, text}});
    EXPECT_TRUE(templates) << templates.error().message();
    const auto out = templates->render(file, values);
    EXPECT_TRUE(out) << out.error().message();
    return *out;
}

TEST(Template, EscapesByContext) {
    TemplateValues values;
    values.set("V", "<b>\"x\" & 'y'</b>").set("U", "javascript:alert(1)");
    EXPECT_EQ(render("a.html.tpl", "<p title=\"{{V}}\">{{V}}</p>", values),
              "<p title=\"&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;\">"
              "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;</p>");
    EXPECT_EQ(render("a.html.tpl", "<a href=\"{{U}}\">", values), "<a href=\"#\">");
    EXPECT_EQ(render("a.tpl", "<b>{{V}}", TemplateValues().set("V", "<")), "<b>&lt;");
    EXPECT_EQ(render("a.txt.tpl", "{{V}}", values), "<b>\"x\" & 'y'</b>");
    EXPECT_EQ(render("a.xml.tpl", "<t>{{V}}</t>", TemplateValues().set("V", "<&>")),
              "<t>&lt;&amp;&gt;</t>");
}

TEST(Template, ValuesInScriptsCannotEndThem) {
    const std::string out = render("a.html.tpl", "<script>var x = '{{V}}';</script>",
                                   TemplateValues().set("V", "'</script><script>alert(1)"));
    EXPECT_THAT(out, testing::Not(testing::HasSubstr("<script>alert")));
    EXPECT_THAT(out, testing::Not(testing::HasSubstr("''")));
}

TEST(Template, UnknownValuesAndSectionsAreNothing) {
    EXPECT_EQ(render("a.txt.tpl", "[{{V}}{{#S}}x{{/S}}]", TemplateValues()), "[]");
}

TEST(Template, SectionsRepeatAndLookOutwards) {
    TemplateValues values;
    values.set("OUT", "o").show("ONCE");
    values.add("ROW").set("N", 1);
    values.add("ROW").set("N", 2).add("CELL").set("C", "c");
    EXPECT_EQ(
        render(
            "a.txt.tpl",
            "{{#ONCE}}{{OUT}}{{/ONCE}}{{#ROW}}<{{N}}{{OUT}}{{#CELL}}{{C}}{{N}}{{/CELL}}>{{/ROW}}",
            values),
        "o<1o><2oc2>");
    EXPECT_EQ(render("a.txt.tpl", "{{#V}}[{{V}}]{{/V}}",
                     TemplateValues().set_if_any("V", "x").set_if_any("W", "")),
              "[x]");
}

TEST(Template, MarksAloneOnTheirLineLeaveNoLine) {
    EXPECT_EQ(
        render("a.txt.tpl", "a\n{{! remark }}\n{{#S}}\nb\n{{/S}}\nc\n", TemplateValues().show("S")),
        "a\nb\nc\n");
}

TEST(Template, LayoutsAndIncludesAreTextWithTheSameValues) {
    const auto templates = Templates::load_from(Files{
        {"layout.html.tpl", "<html>{{>part.html.tpl}}{{>CONTENT}}</html>\n"},
        {"part.html.tpl", "<i>{{V}}</i>\n"},
        {"page.html.tpl", "{{%LAYOUT layout.html.tpl}}\n<p>{{V}}</p>\n{{>part.html.tpl}}\n"},
    });
    ASSERT_TRUE(templates) << templates.error().message();
    const auto out = templates->render("page.html.tpl", TemplateValues().set("V", "&"));
    ASSERT_TRUE(out);
    EXPECT_EQ(*out, "<html><i>&amp;</i>\n<p>&amp;</p>\n<i>&amp;</i>\n</html>\n");
    EXPECT_EQ(templates->render("none.tpl", {}).error().kind(), ErrorKind::NotFound);
}

TEST(Template, ErrorsNameFileAndLine) {
    const std::pair<Files, std::string> cases[] = {
        {{{"a.tpl", "x\n{{#S}}\n"}}, "a.tpl line 3: the section S is never closed"},
        {{{"a.tpl", "x\n{{/S}}\n"}}, "a.tpl line 2: {{/S}} closes nothing"},
        {{{"a.tpl", "{{a b}}"}}, "a.tpl line 1: \"a b\" is no name"},
        {{{"a.tpl", "{{V:h}}"}}, "a.tpl line 1: \"V:h\" is no name"},
        {{{"a.tpl", "\n\n{{V"}}, "a.tpl line 3: {{ without }}"},
        {{{"a.tpl", "{{>b.tpl}}"}}, "a.tpl line 1: there is no template b.tpl"},
        {{{"a.tpl", "{{%LAYOUT b.tpl}}"}}, "a.tpl names the layout b.tpl, which is not there"},
    };
    for (const auto& [files, message] : cases) {
        const auto templates = Templates::load_from(files);
        ASSERT_FALSE(templates) << message;
        EXPECT_EQ(templates.error().message(), message);
    }
    const auto loop = Templates::load_from(Files{{"a.tpl", "{{>a.tpl}}"}});
    ASSERT_FALSE(loop);
    EXPECT_THAT(loop.error().message(), testing::HasSubstr("includes itself"));
}

TEST(Template, EveryShippedTemplateLoads) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates) << templates.error().message();
    for (const std::string& language : templates->catalog().languages()) {
        for (const std::string& file : templates->files()) {
            const auto out = templates->render(file, language, {});
            EXPECT_TRUE(out) << language << " " << out.error().message();
        }
    }
}

TEST(Template, RendersOnManyThreads) {
    const auto templates = Templates::load_from(Files{{"a.tpl", "<p>{{#R}}{{V}}{{/R}}</p>"}});
    ASSERT_TRUE(templates);
    const auto work = [&](int n) {
        TemplateValues values;
        values.add("R").set("V", n);
        for (int i = 0; i < 200; ++i) {
            EXPECT_EQ(*templates->render("a.tpl", values), "<p>" + std::to_string(n) + "</p>");
        }
    };
    std::thread first(work, 1);
    std::thread second(work, 2);
    first.join();
    second.join();
}

}  // namespace
}  // namespace tocsin::mail
