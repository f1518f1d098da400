// Sign-up: the page, the answer to the box wherever it stands, and the box for other sites.
#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "audience/audience.h"
#include "base/log.h"
#include "mail/address.h"
#include "net/url.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"
#include "web/signup_form.h"
#include "web/signup_pace.h"
#include "web/static_files.h"

namespace tocsin::web {

namespace {

constexpr int kConfirmHours = 72;

// Lets pages of every origin read the answer; there are no cookies that could be misused.
net::HttpResponse for_all_origins(net::HttpResponse response) {
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("Vary", "Accept, Accept-Language, Origin");
    return response;
}

PagePolicy policy_of(AnswerAs answer) {
    PagePolicy policy;
    policy.framing = answer == AnswerAs::FramedPage ? Framing::Anyone : Framing::Nobody;
    return policy;
}

net::HttpResponse box_page(const PageReader& reader, const audience::ListInfo& list, BoxState box,
                           int status) {
    const bool failed = status != 200;
    mail::TemplateValues values = page_values(
        reader,
        reader.text(failed ? "signup.title_error" : "signup.title", {{"LIST_NAME", list.name}}));
    values.set("LIST_NAME", list.name);
    box.list = list.slug;
    if (box.in_frame) {
        box.title = list.name;
        values.show("BOX");
        fill_box(values, reader, box);
        return reader_page(reader, status, "templates/embed_frame.html.tpl", values,
                           policy_of(AnswerAs::FramedPage));
    }
    values.set_if_any("DESCRIPTION", list.description);
    box.title = reader.text("box.inbox");
    fill_box(values, reader, box);
    return reader_page(reader, status, "templates/reader_signup.html.tpl", values);
}

net::HttpResponse refused_json(std::string_view error, std::string_view reason,
                               std::string_view suggestion) {
    boost::json::object answer;
    answer["status"] = error.empty() ? "did_you_mean" : "refused";
    if (!error.empty()) {
        answer["error"] = std::string(error);
        answer["reason"] = std::string(reason);
    }
    if (!suggestion.empty()) {
        answer["suggestion"] = std::string(suggestion);
    }
    return json_response(422, boost::json::serialize(answer));
}

// The same for every address that could receive mail.
net::HttpResponse accepted(const PageReader& reader, const net::HttpRequest& request,
                           const SignupForm& form, const audience::ListInfo& list) {
    const std::string message = reader.text("sent.accepted", {{"EMAIL", form.email}});
    if (form.answer == AnswerAs::Json) {
        boost::json::object answer;
        answer["status"] = "accepted";
        answer["title"] = reader.text("sent.title");
        answer["message"] = message;
        return json_response(200, boost::json::serialize(answer));
    }
    mail::TemplateValues values = page_values(reader, reader.text("sent.title"));
    values.show("NO_INDEX");
    values.set("MESSAGE", message);
    if (form.answer == AnswerAs::FramedPage) {
        values.set("TITLE", list.name);
        values.show("DONE");
        return reader_page(reader, 200, "templates/embed_frame.html.tpl", values,
                           policy_of(form.answer));
    }
    values.set("VALID", reader.count("hours.for", kConfirmHours));
    // Only back to where the form came from: the page cannot be made to link elsewhere.
    const Result<std::string> origin = net::origin_of(form.page_url);
    if (origin && *origin == request.headers.get("origin")) {
        values.set_if_any("BACK_URL", form.page_url);
    }
    values.set_if_any("AGAIN_URL", "/lists/" + list.slug);
    return reader_page(reader, 200, "templates/reader_check_inbox.html.tpl", values);
}

net::HttpResponse refused(const PageReader& reader, const SignupForm& form,
                          const audience::ListInfo& list, const mail::AddressCheck& check) {
    const std::string error = check.ok ? std::string() : reader.text("box.bad_address");
    if (form.answer == AnswerAs::Json) {
        return refused_json(error, check.reason, check.suggestion);
    }
    BoxState box;
    box.email = form.email;
    box.error = error;
    box.suggestion = check.suggestion;
    box.page_url = form.page_url;
    box.marketing = form.marketing;
    box.in_frame = form.answer == AnswerAs::FramedPage;
    return box_page(reader, list, std::move(box), 422);
}

net::HttpResponse failed(const PageReader& reader, AnswerAs answer, const Error& error) {
    if (answer == AnswerAs::Json) {
        return problem_response(error);
    }
    return error.kind() == ErrorKind::NotFound ? status_page(reader, 404)
                                               : status_page(reader, status_of(error.kind()));
}

audience::SignupRequest to_request(const PageReader& reader, const SignupForm& form,
                                   const audience::ListInfo& list,
                                   const net::HttpRequest& request) {
    const ReaderServices& services = reader.services;
    audience::SignupRequest signup;
    signup.list = list.slug;
    signup.address = form.email;
    signup.marketing =
        form.marketing ? audience::Marketing::Granted : audience::Marketing::Declined;
    signup.locale = reader.language;
    const std::string privacy = privacy_link(services);
    signup.evidence.wording =
        signup_wording(services.templates.catalog(), reader.language, services.site_name, list.name,
                       privacy.starts_with('/') ? services.public_url + privacy : privacy);
    signup.evidence.page_url = form.page_url;
    signup.evidence.method = form.answer == AnswerAs::Json && request.headers.get("origin").empty()
                                 ? model::ConsentMethod::Api
                                 : model::ConsentMethod::WebForm;
    return signup;
}

Task<net::HttpResponse> sign_up(const ReaderServices& services, const SignupPace& pace,
                                Context context) {
    const net::HttpRequest& request = context.request;
    const PageReader reader = reader_of(services, request);
    Result<SignupForm> form = read_signup_form(request);
    if (!form) {
        if (answer_for(request) == AnswerAs::Json) {
            co_return for_all_origins(problem_response(form.error()));
        }
        co_return for_all_origins(status_page(reader, 400));
    }
    auto list = co_await services.audience.show_list(context.param("list"));
    if (!list) {
        co_return for_all_origins(failed(reader, form->answer, list.error()));
    }
    mail::AddressCheck check = mail::check_address(form->email);
    const bool ask = !check.suggestion.empty() && form->as_typed != form->email;
    if (!check.ok || ask) {
        co_return for_all_origins(refused(reader, *form, *list, check));
    }
    if (!form->trapped) {
        audience::SignupRequest signup = to_request(reader, *form, *list, request);
        signup.admit = pace.admission(request.peer, services.clock.now());
        auto answer = co_await services.audience.sign_up(std::move(signup));
        if (!answer) {
            if (!passing(answer.error())) {
                log_warning("a sign-up failed: {}", answer.error().message());
            }
            co_return for_all_origins(failed(reader, form->answer, answer.error()));
        }
        if (answer->kind == audience::SignupAnswer::Kind::BadAddress) {
            check.ok = false;
            check.reason = answer->reason;
            check.suggestion = answer->suggestion;
            co_return for_all_origins(refused(reader, *form, *list, check));
        }
    }
    co_return for_all_origins(accepted(reader, request, *form, *list));
}

Task<net::HttpResponse> preflight(Context) {
    net::HttpResponse response;
    response.status = 204;
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("Access-Control-Allow-Methods", "POST");
    response.headers.set("Access-Control-Allow-Headers", "Content-Type, Accept");
    response.headers.set("Access-Control-Max-Age", "86400");
    co_return response;
}

enum class Where { OwnPage, Frame };

Task<net::HttpResponse> signup_page(const ReaderServices& services, Where where, Context context) {
    const PageReader reader = reader_of(services, context.request);
    auto list = co_await services.audience.show_list(context.param("list"));
    if (!list) {
        co_return failed(reader, AnswerAs::Page, list.error());
    }
    BoxState box;
    box.page_url = services.public_url + context.request.path;
    box.in_frame = where == Where::Frame;
    if (box.in_frame) {
        // The frame's page is the newspaper's: it is what the reader saw.
        const Result<std::string> page =
            net::parse_http_url(context.request.headers.get("referer"));
        box.page_url = page ? *page : box.page_url;
    }
    co_return box_page(reader, *list, std::move(box), 200);
}

// The box as HTML for other sites to paste.
Result<std::string> snippet_of(const PageReader& reader, const audience::ListInfo& list) {
    const ReaderServices& services = reader.services;
    const std::string privacy = privacy_link(services);
    mail::TemplateValues values;
    values.set("ORIGIN", services.public_url);
    values.set("LIST", list.slug);
    values.set("TITLE", list.name);
    values.set("PRIVACY_URL", privacy.starts_with('/') ? services.public_url + privacy : privacy);
    return services.templates.render("templates/embed_box.html.tpl", reader.language, values);
}

// A value would lose its line ends: they are white space to the template's escaping.
void add_lines(mail::TemplateValues& values, std::string_view section, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        values.add(section).set("LINE", text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

Task<net::HttpResponse> snippet_page(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    auto list = co_await services.audience.show_list(context.param("list"));
    if (!list) {
        co_return failed(reader, AnswerAs::Page, list.error());
    }
    const Result<std::string> snippet = snippet_of(reader, *list);
    if (!snippet) {
        co_return failed(reader, AnswerAs::Page, snippet.error());
    }
    const std::string& url = services.public_url;
    mail::TemplateValues values = page_values(reader, "The sign-up box");
    values.show("NO_INDEX");
    values.set("LIST_NAME", list->name);
    add_lines(values, "SNIPPET", *snippet);
    add_lines(values, "SNIPPET_SCRIPT",
              fmt::format("<link rel=\"stylesheet\" href=\"{0}/static/embed.css\">\n"
                          "<div data-tocsin-list=\"{1}\" data-tocsin-name=\"{2}\"></div>\n"
                          "<script src=\"{0}/embed.js\" async></script>",
                          url, list->slug, list->name));
    add_lines(values, "SNIPPET_FRAME",
              fmt::format("<iframe src=\"{}/embed/{}\" title=\"Sign up to {}\" width=\"100%\" "
                          "height=\"420\" loading=\"lazy\"></iframe>",
                          url, list->slug, list->name));
    add_lines(values, "SNIPPET_CSP",
              fmt::format("script-src {0}; style-src {0}; connect-src {0}; "
                          "form-action {0}; frame-src {0}",
                          url));
    add_lines(values, "SNIPPET_THEME",
              ".tocsin {\n  --tocsin-accent: #0a5c36;\n  --tocsin-on-accent: #ffffff;\n"
              "  --tocsin-background: #ffffff;\n  --tocsin-text: #111111;\n"
              "  --tocsin-font: inherit;\n  --tocsin-headline-font: inherit;\n}");
    co_return reader_page(reader, 200, "templates/embed_snippet.html.tpl", values);
}

Task<net::HttpResponse> embed_script(Context context) {
    co_return static_file(context.request, "embed.js");
}

}  // namespace

void add_signup_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    auto pace = std::make_shared<SignupPace>(services.ring);
    router.add("GET", "/lists/{list}", [s](Context context) {
        return signup_page(*s, Where::OwnPage, std::move(context));
    });
    router.add("POST", "/lists/{list}/signup",
               [s, pace](Context context) { return sign_up(*s, *pace, std::move(context)); });
    router.add("OPTIONS", "/lists/{list}/signup", preflight);
    router.add("GET", "/embed.js", embed_script);
    router.add("GET", "/embed/{list}",
               [s](Context context) { return signup_page(*s, Where::Frame, std::move(context)); });
    router.add("GET", "/embed/{list}/snippet",
               [s](Context context) { return snippet_page(*s, std::move(context)); });
}

}  // namespace tocsin::web
