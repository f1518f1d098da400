#include "web/signup_form.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "net/form.h"
#include "net/url.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

bool is_json(std::string_view content_type) {
    return ascii_lower(trim(content_type.substr(0, content_type.find(';')))) == "application/json";
}

Result<std::string> text_member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || value->is_null()) {
        return std::string();
    }
    if (!value->is_string()) {
        return invalid("\"" + std::string(name) + "\" must be a string");
    }
    std::string text(value->get_string());
    if (text.find('\0') != std::string::npos) {
        return invalid("\"" + std::string(name) + "\" holds a NUL character");
    }
    return text;
}

Result<bool> flag_member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || value->is_null()) {
        return false;
    }
    if (!value->is_bool()) {
        return invalid("\"" + std::string(name) + "\" must be true or false");
    }
    return value->get_bool();
}

Result<SignupForm> read_json(std::string_view body) {
    json::error_code error;
    const json::value document = json::parse(body, error);
    if (error || !document.is_object()) {
        return invalid("the body is not a JSON object");
    }
    const json::object& object = document.get_object();
    SignupForm form;
    TRY_AS(form.email, text_member(object, "email"));
    TRY_AS(form.page_url, text_member(object, "page_url"));
    TRY_AS(form.marketing, flag_member(object, "marketing"));
    TRY_AS(const bool as_typed, flag_member(object, "as_typed"));
    form.as_typed = as_typed ? form.email : std::string();
    TRY_AS(form.form_time, text_member(object, "form_time"));
    TRY_AS(form.can_prove, flag_member(object, "can_prove"));
    TRY_AS(form.proof, text_member(object, "proof"));
    return form;
}

}  // namespace

AnswerAs answer_for(const net::HttpRequest& request) {
    const std::string accept = ascii_lower(request.headers.get("accept"));
    const bool wants_json = accept.find("application/json") != std::string::npos &&
                            accept.find("text/html") == std::string::npos;
    return wants_json || is_json(request.headers.get("content-type")) ? AnswerAs::Json
                                                                      : AnswerAs::Page;
}

Result<SignupForm> read_signup_form(const net::HttpRequest& request) {
    SignupForm form;
    if (is_json(request.headers.get("content-type"))) {
        TRY_AS(form, read_json(request.body));
    } else {
        TRY_AS(const net::Form fields, net::parse_form(request));
        form.email = fields.get("email");
        form.marketing = fields.has("marketing");
        form.page_url = fields.get("page_url");
        form.as_typed = trim(fields.get("as_typed"));
        form.trapped = !fields.get("contact_me_by_fax").empty();
        form.form_time = fields.get("form_time");
        form.can_prove = fields.has("can_prove");
        form.proof = fields.get("proof");
        form.answer = fields.has("frame") ? AnswerAs::FramedPage : AnswerAs::Page;
    }
    form.email = std::string(trim(form.email));
    if (answer_for(request) == AnswerAs::Json) {
        form.answer = AnswerAs::Json;
    }
    if (form.page_url.empty()) {
        form.page_url = request.headers.get("referer");
    }
    const Result<std::string> url = net::parse_http_url(form.page_url);
    form.page_url = url ? *url : std::string();
    return form;
}

std::string signup_wording(const mail::Catalog& catalog, std::string_view language,
                           std::string_view site_name, std::string_view list_name,
                           std::string_view privacy_url) {
    return catalog.text(language, "box.wording",
                        {{"SITE", site_name},
                         {"LIST_NAME", list_name},
                         {"LEAD", catalog.text(language, "box.lead")},
                         {"EMAIL", catalog.text(language, "box.email")},
                         {"MARKETING", catalog.text(language, "box.marketing")},
                         {"PROMISE", catalog.text(language, "box.promise")},
                         {"PRIVACY", catalog.text(language, "layout.privacy")},
                         {"PRIVACY_URL", privacy_url},
                         {"BUTTON", catalog.text(language, "box.button")}});
}

}  // namespace tocsin::web
