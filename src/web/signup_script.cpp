#include "web/signup_script.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/check.h"
#include "mail/catalog.h"
#include "web/reader_render.h"
#include "web/static_files.h"

namespace tocsin::web {

namespace {

constexpr std::string_view kPlace = "{/*WORDS*/}";

// Names that are short in the script, and the catalog's.
std::string words_of(const PageReader& reader) {
    const mail::Catalog& catalog = reader.services.templates.catalog();
    boost::json::object words;
    words["lang"] = reader.language;
    words["fill"] = Milliseconds(reader.services.signup.limits.fill_time).count();
    words["dir"] =
        catalog.direction(reader.language) == mail::Direction::RightToLeft ? "rtl" : "ltr";
    words["kicker"] = reader.text("box.kicker");
    words["inbox"] = reader.text("box.inbox");
    words["lead"] = reader.text("box.lead");
    words["email"] = reader.text("box.email");
    words["button"] = reader.text("box.button");
    words["marketing"] = reader.text("box.marketing");
    words["promise"] = reader.text("box.promise");
    words["privacy"] = reader.text("layout.privacy");
    words["bad"] = reader.text("box.bad_address");
    words["meant"] = reader.text("box.meant", {{"SUGGESTED_DOMAIN", "%"}});
    words["sure"] = reader.text("box.as_typed");
    words["limited"] = reader.text("box.limited");
    words["failed"] = reader.text("box.failed");
    return boost::json::serialize(words);
}

}  // namespace

net::HttpResponse signup_script(const PageReader& reader, const net::HttpRequest& request) {
    net::HttpResponse response = static_file(net::HttpRequest{}, "embed.js");
    const std::size_t at = response.body.find(kPlace);
    CHECK(at != std::string::npos);
    response.body.replace(at, kPlace.size(), words_of(reader));
    response.headers.set("Vary", "Accept-Language");
    return conditional(request, std::move(response));
}

}  // namespace tocsin::web
