#include "web/newspaper.h"

#include <algorithm>
#include <chrono>

#include "base/assets.h"
#include "base/check.h"
#include "base/log.h"
#include "mail/template.h"
#include "model/alert.h"
#include "web/newspaper_stories.h"
#include "web/page.h"
#include "web/static_files.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kParagraphsBeforeBox = 2;

// "Tuesday, 24 November 2026"
std::string long_date(Time time) {
    constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
    constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    return fmt::format("{}, {} {} {}", kDays[std::chrono::weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()),
                       kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()));
}

mail::TemplateValues values_of(const NewspaperServices& services, std::string_view title) {
    mail::TemplateValues values;
    values.set("PAGE_TITLE", title);
    values.set("NEWSPAPER_CSS", asset_url("newspaper.css"));
    values.set("PICTURES", "/static/newspaper");
    values.set("ICON", asset_url("icon.svg"));
    values.set("EMBED_CSS", services.alerts_url.empty()
                                ? asset_url("embed.css")
                                : services.alerts_url + "/static/embed.css");
    values.set("EMBED_JS", services.alerts_url + "/embed.js");
    values.set("ACTION", services.alerts_url + "/lists/" + services.list + "/signup");
    values.set("PRIVACY_URL", services.alerts_url + "/privacy");
    values.set("TITLE", "The Harbour Post alerts");
    values.set("DATE", services.clock != nullptr ? long_date(services.clock->now()) : "");
    values.show_if(services.dev_bar, "DEV_BAR");
    return values;
}

// The page's own address, as the reader's browser names it.
std::string own_url(const net::HttpRequest& request) {
    return (request.tls ? "https://" : "http://") + std::string(request.headers.get("host")) +
           request.path;
}

net::HttpResponse page(const NewspaperServices& services, std::string_view file,
                       const mail::TemplateValues& values) {
    Result<std::string> html = services.templates.render(file, values);
    if (!html) {
        log_error("the page {} cannot be made: {}", file, html.error().message());
        return text_response(500, "This page cannot be made.\n");
    }
    PagePolicy policy;
    policy.caching = Caching::Revalidate;
    net::HttpResponse response = html_response(200, std::move(*html), policy);
    // As on any newspaper: other sites learn where the reader comes from, not which page.
    response.headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
    if (!services.alerts_url.empty()) {
        // As a newspaper with a strict policy of its own would write it.
        response.headers.set(
            "Content-Security-Policy",
            fmt::format("default-src 'none'; img-src 'self'; style-src 'self' {0}; script-src {0}; "
                        "connect-src {0}; form-action {0}; base-uri 'none'",
                        services.alerts_url));
    }
    return response;
}

Task<net::HttpResponse> front(const NewspaperServices& services, Context context) {
    mail::TemplateValues values = values_of(services, "The Harbour Post");
    values.set("PAGE_URL", own_url(context.request));
    co_return page(services, "templates/newspaper_front.html.tpl", values);
}

Task<net::HttpResponse> article(const NewspaperServices& services, Context context) {
    const auto stories = newspaper_stories();
    const auto found = std::find_if(
        stories.begin(), stories.end(),
        [&](const NewspaperStory& story) { return story.slug == context.param("slug"); });
    if (found == stories.end()) {
        co_return text_response(404, "There is no such story.\n");
    }
    mail::TemplateValues values =
        values_of(services, std::string(found->headline) + " · The Harbour Post");
    values.set("PAGE_URL", own_url(context.request));
    values.set("SECTION", found->section);
    values.set("HEADLINE", found->headline);
    values.set("STANDFIRST", found->standfirst);
    values.set("BYLINE", found->byline);
    values.set("PICTURE", "/static/newspaper/" + std::string(found->picture));
    values.set("PICTURE_ALT", found->picture_alt);
    values.set("CAPTION", found->caption);
    std::size_t count = 0;
    const auto text = asset("newspaper/" + std::string(found->slug) + ".txt");
    CHECK(text.has_value());
    for (const std::string_view paragraph : model::paragraphs(*text)) {
        values.add(count++ < kParagraphsBeforeBox ? "OPENING" : "REST").set("TEXT", paragraph);
    }
    for (const NewspaperStory& story : stories) {
        if (story.slug != found->slug) {
            mail::TemplateValues& more = values.add("MORE");
            more.set("MORE_URL", "/news/" + std::string(story.slug));
            more.set("MORE_HEADLINE", story.headline);
        }
    }
    co_return page(services, "templates/newspaper_article.html.tpl", values);
}

}  // namespace

void add_newspaper_routes(Router& router, const NewspaperServices& services) {
    const NewspaperServices* s = &services;
    router.add("GET", "/", [s](Context context) { return front(*s, std::move(context)); });
    router.add("GET", "/news/{slug}",
               [s](Context context) { return article(*s, std::move(context)); });
}

}  // namespace tocsin::web
