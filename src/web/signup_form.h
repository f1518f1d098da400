// What arrives at POST /lists/{list}/signup, from a form or as JSON, and what the reader saw.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/catalog.h"
#include "net/http.h"

namespace tocsin::web {

enum class AnswerAs { Page, FramedPage, Json };

struct SignupForm {
    std::string email;
    bool marketing = false;
    std::string page_url;    // of the page that carried the box, if it is an http(s) URL
    std::string as_typed;    // the reader has been asked "did you mean ...?" about this address
    bool trapped = false;    // a field that people do not see was filled in
    std::string form_time;   // SignupGate::form_time(); empty: the form had none
    bool can_prove = false;  // sent by our script, which can do a proof of work ...
    std::string proof;       // ... and has done one (proof_of_work.h)
    AnswerAs answer = AnswerAs::Page;
};

// Form fields: email, marketing, page_url, as_typed, form_time, can_prove, proof, frame,
// contact_me_by_fax. JSON: the first seven; marketing, as_typed (true: the address is right) and
// can_prove are booleans. Invalid with a sentence.
Result<SignupForm> read_signup_form(const net::HttpRequest& request);

// Json if the client asks for it or sends it.
AnswerAs answer_for(const net::HttpRequest& request);

// The words beside the button in the language that the reader saw, for the consent record.
// Changing the box means changing this.
std::string signup_wording(const mail::Catalog& catalog, std::string_view language,
                           std::string_view site_name, std::string_view list_name,
                           std::string_view privacy_url);

}  // namespace tocsin::web
