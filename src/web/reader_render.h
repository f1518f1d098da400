// What all readers' pages share: the layout's values, messages, errors, the sign-up box.
// Plain functions; the web's io thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "mail/template.h"
#include "net/http.h"
#include "web/page.h"
#include "web/page_reader.h"
#include "web/reader_pages.h"

namespace tocsin::web {

// The layout's values. `title` goes before the newspaper's name in the window's title.
mail::TemplateValues page_values(const PageReader& reader, std::string_view title);

net::HttpResponse reader_page(const PageReader& reader, int status, std::string_view file,
                              const mail::TemplateValues& values, const PagePolicy& policy = {});

// A page that says one thing.
struct ReaderMessage {
    std::string kicker;  // may be empty
    std::string heading;
    std::string message;
    std::string detail;  // may be empty
    std::string link_url;
    std::string link_text;  // empty: no link
};
net::HttpResponse message_page(const PageReader& reader, int status, const ReaderMessage& message);
// What an Audience call failed with, in a reader's words.
net::HttpResponse failure_page(const PageReader& reader, const Error& error);
// 404, 405, 413, 500 and the like.
net::HttpResponse status_page(const PageReader& reader, int status);

// The sign-up box (templates/signup_box.html.tpl) and what was typed into it.
struct BoxState {
    std::string list;   // slug
    std::string title;  // the box's heading
    std::string email;
    std::string error;       // beside the field
    std::string suggestion;  // a whole address
    std::string page_url;
    std::string form_time;  // SignupGate::form_time()
    bool marketing = false;
    bool in_frame = false;
};
void fill_box(mail::TemplateValues& values, const PageReader& reader, const BoxState& box);

std::string privacy_link(const ReaderServices& services);

// Answers 304 if the client has this very body; otherwise adds its ETag.
net::HttpResponse conditional(const net::HttpRequest& request, net::HttpResponse response);

}  // namespace tocsin::web
