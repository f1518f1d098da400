// For tests of readers' pages: the routes over a whole Audience in a temporary folder.
#pragma once

#include <string>

#include "audience/audience_fixture.h"
#include "web/reader_pages.h"

namespace tocsin::web {

using audience::finish;

class ReaderPagesTest : public audience::AudienceTest {
  protected:
    ReaderPagesTest()
        : services_{*store_,
                    clock_,
                    keys_,
                    *templates_,
                    *audience_,
                    "The Example",
                    "https://alerts.example",
                    "alerts@news.example",
                    "1 Quay, Port",
                    "",
                    {"en"}} {
        add_reader_routes(router_, services_);
        add_reader_home(router_, services_);
        handler_ = router_.handler();
    }

    net::HttpResponse send(net::HttpRequest request) {
        request.target = request.path;
        return finish(handler_(std::move(request)));
    }
    net::HttpResponse get(const std::string& path) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = path;
        return send(std::move(request));
    }
    net::HttpResponse post(const std::string& path, const std::string& body,
                           const std::string& accept = "text/html",
                           const std::string& type = "application/x-www-form-urlencoded") {
        net::HttpRequest request;
        request.method = "POST";
        request.path = path;
        request.body = body;
        request.headers.set("Content-Type", type);
        request.headers.set("Accept", accept);
        return send(std::move(request));
    }
    // Everything in the database that a reader's act could change.
    std::string fingerprint() {
        std::string out;
        for (const char* table : {"subscriber", "subscription", "purpose", "suppression",
                                  "consent_event", "outbox", "mail_budget"}) {
            const std::int64_t rows = count("SELECT count(*) FROM " + std::string(table));
            EXPECT_GE(rows, 0) << table;
            out += std::to_string(rows) + " ";
        }
        out += std::to_string(count("SELECT count(*) FROM subscription WHERE state = 'active'"));
        return out;
    }

    ReaderServices services_;
    Router router_;
    net::HttpHandler handler_;
};

}  // namespace tocsin::web
