// Sign-up: the page, the answer to the box wherever it stands, and the box for other sites.
#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "audience/audience.h"
#include "base/log.h"
#include "mail/address.h"
#include "net/url.h"
#include "web/reader_evidence.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"
#include "web/signup_form.h"
#include "web/signup_gate.h"
#include "web/signup_script.h"
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
                          const audience::ListInfo& list, const mail::AddressCheck& check,
                          const std::string& form_time) {
    const std::string error = check.ok ? std::string() : reader.text("box.bad_address");
    if (form.answer == AnswerAs::Json) {
        return refused_json(error, check.reason, check.suggestion);
    }
    BoxState box;
    box.email = form.email;
    box.error = error;
    box.suggestion = check.suggestion;
    box.page_url = form.page_url;
    // The first one was filled in by a person: what the second try needs is no new waiting.
    box.form_time = form.form_time.empty() ? form_time : form.form_time;
    box.marketing = form.marketing;
    box.in_frame = form.answer == AnswerAs::FramedPage;
    return box_page(reader, list, std::move(box), 422);
}

std::string domain_of(std::string_view email) {
    const auto address = mail::Address::parse(email);
    return address ? address->domain() : std::string();
}

net::HttpResponse failed(const PageReader& reader, AnswerAs answer, const Error& error) {
    if (answer == AnswerAs::Json) {
        return problem_response(error);
    }
    return error.kind() == ErrorKind::NotFound ? status_page(reader, 404)
                                               : status_page(reader, status_of(error.kind()));
}

// Where a sign-up was made, for the consent record.
std::string_view form_id_of(const SignupForm& form, const audience::Evidence& evidence) {
    if (evidence.method == model::ConsentMethod::Api) {
        return "api";
    }
    if (form.answer == AnswerAs::FramedPage) {
        return "frame";
    }
    return evidence.embed_origin.empty() ? "page" : "embed";
}

audience::SignupRequest to_request(const PageReader& reader, const SignupForm& form,
                                   const std::shared_ptr<const audience::SignupTarget>& target,
                                   const net::HttpRequest& request) {
    const ReaderServices& services = reader.services;
    audience::SignupRequest signup;
    signup.list = target->list.slug;
    signup.target = target;
    signup.address = form.email;
    signup.marketing =
        form.marketing ? audience::Marketing::Granted : audience::Marketing::Declined;
    signup.locale = reader.language;
    const std::string privacy = privacy_link(services);
    audience::Evidence& evidence = signup.evidence;
    evidence = evidence_of(
        request, services.public_url,
        signup_wording(services.templates.catalog(), reader.language, services.site_name,
                       target->list.name,
                       privacy.starts_with('/') ? services.public_url + privacy : privacy));
    evidence.page_url = form.page_url;
    evidence.method = form.answer == AnswerAs::Json && request.headers.get("origin").empty()
                          ? model::ConsentMethod::Api
                          : model::ConsentMethod::WebForm;
    evidence.form_id = form_id_of(form, evidence);
    evidence.locale = reader.language;
    return signup;
}

// What became of a form that could be read.
Task<net::HttpResponse> take(const PageReader& unlisted, const SignupGate& gate,
                             const net::HttpRequest& request, const SignupForm& form,
                             const std::string& slug) {
    const ReaderServices& services = unlisted.services;
    auto found = co_await services.audience.sign_up_target(slug, form.email);
    if (!found) {
        co_return failed(unlisted, form.answer, found.error());
    }
    const auto target = std::make_shared<const audience::SignupTarget>(std::move(*found));
    const PageReader reader =
        reader_of(services, request, {.stored = {}, .list = target->list.language});
    const audience::ListInfo& list = target->list;
    const std::string form_time = gate.form_time(list.id);
    mail::AddressCheck check = mail::check_address(form.email);
    const bool ask = !check.suggestion.empty() && form.as_typed != form.email;
    if (!check.ok || ask) {
        co_return refused(reader, form, list, check, form_time);
    }
    if (gate.is_trap(form, list.id)) {
        co_return accepted(reader, request, form, list);
    }
    const bool reachable = co_await gate.takes_mail(domain_of(form.email));
    if (!reachable) {
        check.ok = false;
        check.reason = "no mail can reach this domain";
        co_return refused(reader, form, list, check, form_time);
    }
    audience::SignupRequest signup = to_request(reader, form, target, request);
    if (!gate.admit(signup, form, list, request)) {
        co_return gate.ask_proof(slug, 0);
    }
    auto answer = co_await services.audience.sign_up(std::move(signup));
    if (!answer) {
        if (!passing(answer.error())) {
            log_warning("a sign-up failed: {}", answer.error().message());
        }
        co_return failed(reader, form.answer, answer.error());
    }
    switch (answer->kind) {
        case audience::SignupAnswer::Kind::AskProof:
            co_return gate.ask_proof(slug, answer->load);
        case audience::SignupAnswer::Kind::BadAddress:
            check.ok = false;
            check.reason = answer->reason;
            check.suggestion = answer->suggestion;
            co_return refused(reader, form, list, check, form_time);
        case audience::SignupAnswer::Kind::Accepted:
            break;
    }
    co_return accepted(reader, request, form, list);
}

Task<net::HttpResponse> sign_up(const ReaderServices& services, const SignupGate& gate,
                                Context context) {
    const SteadyTime arrived = services.clock.steady();
    const net::HttpRequest& request = context.request;
    const PageReader reader = reader_of(services, request);
    Result<SignupForm> form = read_signup_form(request);
    if (!form) {
        if (answer_for(request) == AnswerAs::Json) {
            co_return for_all_origins(problem_response(form.error()));
        }
        co_return for_all_origins(status_page(reader, 400));
    }
    net::HttpResponse answer = co_await take(reader, gate, request, *form, context.param("list"));
    co_await gate.hold(arrived);
    co_return for_all_origins(std::move(answer));
}

// For the script in a page of another site: a form time, asked for when somebody begins to type.
Task<net::HttpResponse> form_time(const ReaderServices& services, const SignupGate& gate,
                                  Context context) {
    const auto target = co_await services.audience.sign_up_target(context.param("list"));
    if (!target) {
        co_return for_all_origins(problem_response(target.error()));
    }
    boost::json::object answer;
    answer["form_time"] = gate.form_time(target->list.id);
    co_return for_all_origins(json_response(200, boost::json::serialize(answer)));
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

Task<net::HttpResponse> signup_page(const ReaderServices& services, const SignupGate& gate,
                                    Where where, Context context) {
    const auto target = co_await services.audience.sign_up_target(context.param("list"));
    if (!target) {
        co_return failed(reader_of(services, context.request), AnswerAs::Page, target.error());
    }
    const PageReader reader =
        reader_of(services, context.request, {.stored = {}, .list = target->list.language});
    BoxState box;
    box.form_time = gate.form_time(target->list.id);
    box.page_url = services.public_url + context.request.path;
    box.in_frame = where == Where::Frame;
    if (box.in_frame) {
        // The frame's page is the newspaper's: it is what the reader saw.
        const Result<std::string> page =
            net::parse_http_url(context.request.headers.get("referer"));
        box.page_url = page ? *page : box.page_url;
    }
    co_return box_page(reader, target->list, std::move(box), 200);
}

// For the value of an attribute in HTML that people paste.
std::string in_attribute(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
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
    const PageReader reader{services, std::string(mail::Catalog::kEnglish)};  // for developers
    const auto target = co_await services.audience.sign_up_target(context.param("list"));
    if (!target) {
        co_return failed(reader, AnswerAs::Page, target.error());
    }
    const audience::ListInfo* list = &target->list;
    // The box itself speaks the list's language, or that of ?lang=: it is pasted, once for all.
    net::HttpRequest asked = context.request;
    asked.headers.set("Accept-Language", "");
    const PageReader pasted = reader_of(services, asked, {.stored = {}, .list = list->language});
    const Result<std::string> snippet = snippet_of(pasted, *list);
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
                          "<script src=\"{0}/embed.js?lang={3}\" async></script>",
                          url, list->slug, in_attribute(list->name), pasted.language));
    add_lines(values, "SNIPPET_FRAME",
              fmt::format("<iframe src=\"{}/embed/{}\" title=\"Sign up to {}\" width=\"100%\" "
                          "height=\"420\" loading=\"lazy\"></iframe>",
                          url, list->slug, in_attribute(list->name)));
    add_lines(values, "SNIPPET_CSP",
              fmt::format("script-src {0}; style-src {0}; connect-src {0}; "
                          "form-action {0}; frame-src {0}",
                          url));
    add_lines(values, "SNIPPET_THEME",
              ".tocsin {\n  --tocsin-accent: #0a5c36;\n  --tocsin-on-accent: #ffffff;\n"
              "  --tocsin-background: #ffffff;\n  --tocsin-text: #111111;\n"
              "  --tocsin-radius: 8px;\n  --tocsin-font: Verdana, sans-serif;\n"
              "  --tocsin-headline-font: Rockwell, serif;\n}");
    co_return reader_page(reader, 200, "templates/embed_snippet.html.tpl", values);
}

Task<net::HttpResponse> embed_script(const ReaderServices& services, Context context) {
    co_return signup_script(reader_of(services, context.request), context.request);
}

}  // namespace

void add_signup_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    auto gate = std::make_shared<const SignupGate>(services);
    router.add("GET", "/lists/{list}", [s, gate](Context context) {
        return signup_page(*s, *gate, Where::OwnPage, std::move(context));
    });
    router.add("POST", "/lists/{list}/signup",
               [s, gate](Context context) { return sign_up(*s, *gate, std::move(context)); });
    router.add("OPTIONS", "/lists/{list}/signup", preflight);
    router.add("GET", "/lists/{list}/form-time",
               [s, gate](Context context) { return form_time(*s, *gate, std::move(context)); });
    router.add("GET", "/embed.js",
               [s](Context context) { return embed_script(*s, std::move(context)); });
    router.add("GET", "/embed/{list}", [s, gate](Context context) {
        return signup_page(*s, *gate, Where::Frame, std::move(context));
    });
    router.add("GET", "/embed/{list}/snippet",
               [s](Context context) { return snippet_page(*s, std::move(context)); });
}

}  // namespace tocsin::web
