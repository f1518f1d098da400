// For tests of the desk and the API: a whole newsroom over a database in memory, with a fake clock
// and requests handed straight to the router. The engine is there and never started: what is
// released stays on its way.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "alerts/alerts.h"
#include "audience/audience.h"
#include "delivery/audience_snapshot.h"
#include "delivery/engine.h"
#include "mail/template.h"
#include "mail/token.h"
#include "net/form.h"
#include "store/desk.h"
#include "store/store.h"
#include "web/auth.h"
#include "web/desk.h"
#include "web/router.h"

namespace tocsin::web {

class NewsroomTest : public testing::Test {
  protected:
    NewsroomTest() { open(1); }

    template <class T>
    T wait(Task<T> task) {
        boost::asio::io_context io;
        auto future = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
        io.run();
        return future.get();
    }

    // Begins anew with an empty database.
    void open(int people_required) {
        services_.reset();
        router_.reset();
        auth_.reset();
        alerts_.reset();
        audience_.reset();
        engine_.reset();
        auto store = store::Store::open("sqlite::memory:", clock_);
        ASSERT_TRUE(store) << store.error().message();
        store_ = std::move(*store);
        auto templates = mail::Templates::load();
        ASSERT_TRUE(templates) << templates.error().message();
        templates_.emplace(std::move(*templates));
        delivery::EngineOptions options;
        options.relay.host = "127.0.0.1";
        options.bounce_domain = "news.example";
        engine_ = std::make_unique<delivery::Engine>(*store_, clock_, ring_, nullptr, options);
        make_newsroom(people_required);
        router_ = std::make_unique<Router>();
        add_desk_routes(*router_, *services_);
        add_api_routes(*router_, *services_);
        handler_ = router_->handler();
    }

    // A request as a browser on the desk's own pages sends it.
    net::HttpRequest request(std::string method, std::string target, std::string body = "") {
        net::HttpRequest request;
        request.method = std::move(method);
        const std::size_t mark = target.find('?');
        request.path = target.substr(0, mark);
        request.query = mark == std::string::npos ? "" : target.substr(mark + 1);
        request.target = std::move(target);
        request.body = std::move(body);
        request.peer = "192.0.2.7";
        request.headers.set("Host", "desk.news.example");
        request.headers.set("Sec-Fetch-Site", "same-origin");
        if (!cookies_.empty()) {
            request.headers.set("Cookie", cookies_);
        }
        if (request.method == "POST") {
            request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        }
        return request;
    }

    net::HttpResponse send(net::HttpRequest request) { return wait(handler_(std::move(request))); }
    net::HttpResponse get(std::string target) { return send(request("GET", std::move(target))); }
    net::HttpResponse post(std::string target, std::string form = "") {
        return send(request("POST", std::move(target), std::move(form)));
    }

    // A JSON request with a bearer token, or over the control socket if the token is empty.
    net::HttpResponse api(std::string method, std::string target, std::string body = "",
                          std::string token = "", std::string key = "") {
        net::HttpRequest call = request(std::move(method), std::move(target), std::move(body));
        call.headers = {};
        call.headers.set("Content-Type", "application/json");
        call.unix_socket = token.empty();
        if (!token.empty()) {
            call.headers.set("Authorization", "Bearer " + token);
        }
        if (!key.empty()) {
            call.headers.set("Idempotency-Key", key);
        }
        return send(std::move(call));
    }

    // Takes over what Set-Cookie says, as a browser does.
    void keep_cookies(const net::HttpResponse& response) {
        for (const auto& [name, value] : response.headers) {
            if (name == "Set-Cookie") {
                cookies_ += (cookies_.empty() ? "" : "; ") + value.substr(0, value.find(';'));
            }
        }
    }

    UserId make_person(const std::string& name, model::Role role) {
        const auto create = [&](store::Database& db) {
            return store::create_desk_user(db, name, role, clock_.now());
        };
        return *store_->run(create);
    }

    // Makes the person, opens their one-time link, sets a password; the cookies are theirs then.
    UserId sign_in_as(const std::string& name, model::Role role) {
        const UserId user = make_person(name, role);
        const auto link = wait(auth_->make_link(model::operator_actor(), user));
        EXPECT_TRUE(link);
        cookies_.clear();
        const std::string path = link->substr(link->find("/desk/"));
        const auto response = post(path, "password=" + std::string(kPassword));
        EXPECT_EQ(response.status, 303) << response.body;
        keep_cookies(response);
        return user;
    }

    ListId make_list(const std::string& slug, const std::string& name) {
        const auto list = wait(audience_->create_list({slug, name, ""}));
        EXPECT_TRUE(list);
        return list->id;
    }

    // Confirmed readers of the list, by the import.
    void make_readers(const std::string& list, int count) {
        audience::ImportStart start;
        start.file_hash = random_.bytes(32);
        start.list = list;
        start.consent_source = "a test";
        const auto job = wait(audience_->start_import(start));
        ASSERT_TRUE(job) << job.error().message();
        std::vector<audience::ImportRow> rows;
        for (int i = 0; i < count; ++i) {
            rows.push_back({"reader" + std::to_string(i) + "@" + list + ".example.net", ""});
        }
        const auto done = wait(audience_->import_rows(job->job, 0, std::move(rows)));
        ASSERT_TRUE(done) << done.error().message();
        ASSERT_EQ(done->progress.accepted, count);
    }

    static constexpr std::string_view kPassword = "four+unrelated+words";

    FakeClock clock_;
    SeededRandom random_{7};
    mail::KeyRing ring_{std::string(32, 'k')};
    std::unique_ptr<store::Store> store_;
    std::optional<mail::Templates> templates_;
    std::unique_ptr<delivery::Engine> engine_;
    std::unique_ptr<audience::Audience> audience_;
    std::unique_ptr<alerts::Alerts> alerts_;
    std::unique_ptr<Auth> auth_;
    std::unique_ptr<NewsroomServices> services_;
    std::unique_ptr<Router> router_;
    net::HttpHandler handler_;
    std::string cookies_;

  private:
    void make_newsroom(int people_required) {
        audience::AudienceSettings readers;
        readers.public_url = "https://news.example";
        readers.reserved_domains = audience::ReservedDomains::Allow;
        audience_ = std::make_unique<audience::Audience>(*store_, clock_, random_, ring_,
                                                         *templates_, readers);
        alerts::AlertsSettings settings;
        settings.site_name = "The Example";
        settings.public_url = "https://news.example";
        settings.from_name = "The Example";
        settings.from_address = "alerts@news.example";
        settings.message_id_domain = "news.example";
        settings.approval.people_required = people_required;
        alerts::AlertHooks hooks;
        hooks.freeze = [](store::Database& db, const alerts::AudienceOrder& order) {
            return delivery::freeze_audience(db, {order.alert, order.kind, order.of, order.lists});
        };
        hooks.released = [](AlertId) {};
        hooks.stop_now = [](AlertId) {};
        alerts_ = std::make_unique<alerts::Alerts>(*store_, clock_, random_, *templates_, settings,
                                                   hooks);
        AuthSettings auth;
        auth.desk_url = "https://desk.news.example";
        auth.people_required = people_required;
        auth.argon_passes = 1;
        auth.argon_memory_bytes = 8192;
        auth_ = std::make_unique<Auth>(*store_, clock_, random_, auth);
        services_ = std::make_unique<NewsroomServices>(NewsroomServices{*store_,
                                                                        clock_,
                                                                        random_,
                                                                        *templates_,
                                                                        *auth_,
                                                                        *alerts_,
                                                                        *audience_,
                                                                        view_of(*engine_),
                                                                        "The Example",
                                                                        "https://news.example",
                                                                        "https://desk.news.example",
                                                                        {}});
    }
};

}  // namespace tocsin::web
