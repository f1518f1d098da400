// For tests of Audience: a whole one, with a fake clock, in a temporary folder.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "audience/audience.h"
#include "store/consent.h"
#include "store/outbox.h"
#include "store/temp_folder.h"

namespace tocsin::audience {

// Runs a coroutine to its end on this thread.
template <class T>
T finish(Task<T> task) {
    boost::asio::io_context io;
    auto result = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
    io.run();
    return result.get();
}

class AudienceTest : public testing::Test {
  protected:
    struct Leave {
        SubscriberId reader;
        std::optional<ListId> list;
        friend bool operator==(const Leave&, const Leave&) = default;
    };

    AudienceTest() {
        auto loaded = mail::Templates::load();
        EXPECT_TRUE(loaded) << loaded.error().message();
        templates_ = std::make_unique<mail::Templates>(std::move(*loaded));
        settings_.public_url = "https://alerts.example";
        settings_.sender.newspaper = "The Example";
        settings_.sender.from_address = "alerts@news.example";
        settings_.sender.site_url = "https://news.example";
        settings_.reserved_domains = ReservedDomains::Allow;
        hooks_.on_outbox = [this] { ++outbox_told_; };
        hooks_.on_left = [this](SubscriberId reader, std::optional<ListId> list) {
            left_.push_back({reader, list});
        };
        reopen();
        news_ = make_list("breaking", "Breaking news");
        sport_ = make_list("sport", "Sport");
    }

    // As after a restart; also takes over changed settings and hooks.
    void reopen() {
        audience_.reset();
        store_.reset();
        auto opened = store::Store::open(folder_.url(), clock_);
        EXPECT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
        audience_ = std::make_unique<Audience>(*store_, clock_, random_, keys_, *templates_,
                                               settings_, hooks_);
    }

    ListId make_list(const std::string& slug, const std::string& name) {
        const auto made = finish(audience_->create_list({slug, name, ""}));
        EXPECT_TRUE(made);
        return made ? made->id : ListId();
    }

    static Evidence evidence() {
        Evidence out;
        out.wording = "Free, real-time breaking-news alerts, straight to your inbox";
        out.page_url = "https://news.example/article";
        return out;
    }

    Result<SignupAnswer> sign_up(const std::string& address, const std::string& list = "breaking",
                                 Marketing marketing = Marketing::Declined) {
        SignupRequest request;
        request.list = list;
        request.address = address;
        request.marketing = marketing;
        request.evidence = evidence();
        return finish(audience_->sign_up(request));
    }

    // Mails waiting in the outbox, oldest first.
    std::vector<store::OutboxMail> outbox() {
        auto mails = store_->run([](store::Database& db) -> Result<std::vector<store::OutboxMail>> {
            std::vector<store::OutboxMail> out;
            for (const store::Row& row :
                 db.query("SELECT id, mail_from, rcpt_to, message FROM outbox "
                          "WHERE state = 'queued' ORDER BY id LIMIT 1000")) {
                store::OutboxMail mail;
                mail.id = OutboxId(row.integer(0));
                mail.mail_from = row.text(1);
                mail.rcpt_to = row.text(2);
                mail.message = row.blob(3);
                out.push_back(std::move(mail));
            }
            return out;
        });
        return mails ? *mails : std::vector<store::OutboxMail>();
    }

    // The token after `path` ("/c/") in a message; undoes quoted-printable line breaks.
    static std::string token_in(std::string message, const std::string& path) {
        for (std::size_t at; (at = message.find("=\r\n")) != std::string::npos;) {
            message.erase(at, 3);
        }
        const std::size_t at = message.find("https://alerts.example" + path);
        EXPECT_NE(at, std::string::npos) << message;
        return at == std::string::npos ? ""
                                       : message.substr(at + 22 + path.size(), mail::kTokenChars);
    }

    // Signs up and presses the button.
    void subscribe(const std::string& address, const std::string& list = "breaking",
                   Marketing marketing = Marketing::Declined) {
        ASSERT_TRUE(sign_up(address, list, marketing));
        const auto mails = outbox();
        ASSERT_FALSE(mails.empty());
        ASSERT_EQ(mails.back().rcpt_to, address);
        ASSERT_TRUE(finish(audience_->confirm(token_in(mails.back().message, "/c/"), evidence())));
    }

    ReaderRecord record(const std::string& address) {
        auto found = finish(audience_->show_by_address(address));
        return found ? *found : ReaderRecord();
    }
    bool known(const std::string& address) {
        return static_cast<bool>(finish(audience_->show_by_address(address)));
    }
    std::string state(const std::string& address, const std::string& list = "breaking") {
        for (const auto& subscription : record(address).subscriptions) {
            if (subscription.list_slug == list) {
                return subscription.state;
            }
        }
        return "none";
    }
    bool marketing(const std::string& address) {
        for (const auto& purpose : record(address).purposes) {
            if (purpose.purpose == "marketing") {
                return purpose.granted;
            }
        }
        return false;
    }
    // "requested alerts breaking", ... of one reader.
    std::vector<std::string> events(const std::string& address) {
        std::vector<std::string> out;
        for (const auto& consent : record(address).consent) {
            out.push_back(consent.entry.type + " " + consent.entry.purpose +
                          (consent.list_slug.empty() ? "" : " " + consent.list_slug));
        }
        return out;
    }
    std::int64_t count(const std::string& sql) {
        auto counted = store_->run(
            [&](store::Database& db) -> Result<std::int64_t> { return db.first(sql)->integer(0); });
        return counted ? *counted : -1;
    }
    void execute(const std::string& sql) {
        ASSERT_TRUE(store_->run([&](store::Database& db) -> Status {
            db.script(sql);
            return {};
        }));
    }
    std::string subject_of(const std::string& address) {
        auto found = store_->run([&](store::Database& db) -> Result<std::string> {
            return store::find_subscriber_by_key(db, address)->subject;
        });
        return found ? *found : "";
    }
    std::string manage_token(const std::string& address) {
        return audience_->manage_url(subject_of(address)).substr(settings_.public_url.size() + 3);
    }
    std::string unsubscribe_token(const std::string& address, ListId list) {
        return audience_->unsubscribe_url(subject_of(address), list)
            .substr(settings_.public_url.size() + 3);
    }

    store::TempFolder folder_;
    FakeClock clock_;
    SeededRandom random_{20261124};
    mail::KeyRing keys_{std::string(32, 'k')};
    std::unique_ptr<mail::Templates> templates_;
    AudienceSettings settings_;
    AudienceHooks hooks_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<Audience> audience_;
    ListId news_;
    ListId sport_;
    int outbox_told_ = 0;
    std::vector<Leave> left_;
};

}  // namespace tocsin::audience
