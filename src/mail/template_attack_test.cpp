// HTML and script in values: names, URLs, everything that somebody outside can type.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "mail/template_attack_play.h"

namespace tocsin::mail {
namespace {

using namespace std::string_literals;

TEST(TemplateAttack, NoShapeOfMarkupBecomesMarkup) {
    const Templates templates = attacked_templates();
    const std::vector<std::string> shapes = {
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "'\"--></style></script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 "
        "onerror=alert(1)&gt;\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "</textarea><img src=x onerror=alert(1)>",
        "</title><svg onload=alert(1)>",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "\" onmouseover=\"alert(1)",
        "' onfocus='alert(1)' autofocus='",
        "` onclick=alert(1) `",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<?xml version=\"1.0\"?><x onload=alert(1)/>",
        "<iframe srcdoc=\"&lt;script&gt;alert(1)&lt;/script&gt;\">",
        "<base href=//evil.example/>",
        "<meta http-equiv=refresh content=\"0;url=//evil.example\">",
        "<template><script>alert(1)</script></template>",
        "{{V}}{{#V}}{{>mail/alert.html.tpl}}{{@box.title}}{{%LAYOUT x}}",
        "${alert(1)} #{alert(1)} <%= alert(1) %>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "\xEF\xBC\x9Cscript\xEF\xBC\x9E",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "\xF0\x80\x80\xBCscript>",
        "\xC0\xBCscript\xC0\xBE",
        "<scr\0ipt>alert(1)</scr\0ipt>"s,
        "\xE2\x80\xA8<script>\xE2\x80\xA9",
        "\xE2\x80\xAE>tpircs<",
    };
    for (const std::string& shape : shapes) {
        EXPECT_EQ(harm_of(templates, shape), "") << shape;
    }
}

TEST(TemplateAttack, NoShapeOfUrlBecomesAScript) {
    const Templates templates = attacked_templates();
    const std::vector<std::string> shapes = {
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\tjava\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\r\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&colon;alert(1)",
        "javascript&#58;alert(1)",
        "&#106;avascript:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
        "feed:javascript:alert(1)",
        "view-source:javascript:alert(1)",
        "//evil.example/\"onmouseover=alert(1)",
        "https://paper.example/\"><script>alert(1)</script>",
        "https://paper.example/'onclick='alert(1)",
    };
    for (const std::string& shape : shapes) {
        EXPECT_EQ(harm_of(templates, shape), "") << shape;
    }
}

TEST(TemplateAttack, FuzzCorpusIsReplayed) {
    const Templates templates = attacked_templates();
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(TOCSIN_SOURCE_DIR) +
                                                                 "/fuzz/corpus/template")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        EXPECT_EQ(harm_of(templates, bytes), "") << entry.path();
        ++files;
    }
    EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace tocsin::mail
