// For tests: a newsroom with a database, subscribers and a scripted SMTP server, around the real
// engine.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "base/check.h"
#include "base/crypto.h"
#include "delivery/audience_snapshot.h"
#include "delivery/engine.h"
#include "delivery/ledger_export.h"
#include "mail/message_set.h"
#include "net/smtp_listener.h"
#include "store/alerts.h"
#include "store/lists.h"
#include "store/store.h"
#include "store/subscribers.h"
#include "store/temp_folder.h"

namespace tocsin::delivery {

// Polls until it is so; false after a minute, far above what a busy machine needs.
inline bool wait_until(const std::function<bool()>& so) {
    for (int i = 0; i < 30'000; ++i) {
        if (so()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
}

// An SMTP server on a thread of its own. Keeps what it accepted.
class ScriptedServer {
  public:
    struct Delivery {
        std::string rcpt, mail_from, message;
    };
    // The reply to the final dot of the nth message (1, 2 ...) to this recipient.
    using Script = std::function<mail::Reply(const std::string& rcpt, int nth)>;
    using Refusal = std::function<std::optional<mail::Reply>(const std::string& rcpt)>;

    explicit ScriptedServer(const std::string& host = "127.0.0.1", std::uint16_t port = 0) {
        net::SmtpListenerOptions options;
        options.server.refusal = [this](mail::SmtpServerConfig::Point point,
                                        const mail::SmtpEnvelope&,
                                        std::string_view argument) -> std::optional<mail::Reply> {
            const std::lock_guard lock(mutex_);
            if (point != mail::SmtpServerConfig::Point::Rcpt || !refusal_) {
                return std::nullopt;
            }
            return refusal_(std::string(argument));
        };
        auto handler = [this](mail::SmtpEnvelope envelope, std::string message) {
            return take(this, std::move(envelope), std::move(message));
        };
        listener_ = std::make_unique<net::SmtpListener>(io_.get_executor(), options, handler);
        port_ = listener_->listen(host, port).value();
        thread_ = std::thread([this] {
            auto work = boost::asio::make_work_guard(io_);
            io_.run();
        });
    }
    ~ScriptedServer() {
        hold(false);
        boost::asio::post(io_, [this] {
            listener_->stop();
            io_.stop();
        });
        thread_.join();
    }

    std::uint16_t port() const { return port_; }
    void script(Script script) {
        const std::lock_guard lock(mutex_);
        script_ = std::move(script);
    }
    void refuse(Refusal refusal) {
        const std::lock_guard lock(mutex_);
        refusal_ = std::move(refusal);
    }
    // While held, final dots are not answered.
    void hold(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
    }
    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }
    // Closes the port and every connection.
    void cut() {
        std::promise<void> done;
        boost::asio::post(io_, [&] {
            listener_->stop();
            done.set_value();
        });
        done.get_future().wait();
    }
    std::vector<Delivery> deliveries() const {
        const std::lock_guard lock(mutex_);
        return deliveries_;
    }
    std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return deliveries_.size();
    }
    // Final dots answered, by the script if there is one.
    int attempts() const {
        const std::lock_guard lock(mutex_);
        int sum = 0;
        for (const auto& [rcpt, count] : attempts_) {
            sum += count;
        }
        return sum;
    }
    std::map<std::string, std::vector<std::string>> by_recipient() const {
        std::map<std::string, std::vector<std::string>> out;
        for (const Delivery& delivery : deliveries()) {
            out[delivery.rcpt].push_back(delivery.message);
        }
        return out;
    }

  private:
    static Task<mail::Reply> take(ScriptedServer* self, mail::SmtpEnvelope envelope,
                                  std::string message) {
        self->add_waiting(1);
        while (self->held()) {
            co_await sleep_for(std::chrono::milliseconds(2));
        }
        self->add_waiting(-1);
        co_return self->reply_to(envelope, std::move(message));
    }
    void add_waiting(int by) {
        const std::lock_guard lock(mutex_);
        waiting_ = static_cast<std::size_t>(static_cast<int>(waiting_) + by);
    }
    bool held() const {
        const std::lock_guard lock(mutex_);
        return held_;
    }
    mail::Reply reply_to(const mail::SmtpEnvelope& envelope, std::string message) {
        const std::lock_guard lock(mutex_);
        const std::string& rcpt = envelope.rcpt_to.front();
        mail::Reply reply{.code = 250, .enhanced = "2.0.0", .text = "Ok: queued as 4F1aB23c9D"};
        if (script_) {
            reply = script_(rcpt, ++attempts_[rcpt]);
        }
        if (reply.positive()) {
            deliveries_.push_back({rcpt, envelope.mail_from, std::move(message)});
        }
        return reply;
    }

    mutable std::mutex mutex_;
    Script script_;
    Refusal refusal_;
    bool held_ = false;
    std::size_t waiting_ = 0;
    std::map<std::string, int> attempts_;
    std::vector<Delivery> deliveries_;

    boost::asio::io_context io_{1};
    std::unique_ptr<net::SmtpListener> listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

inline mail::Reply reply(int code, std::string enhanced, std::string text) {
    return {.code = code, .enhanced = std::move(enhanced), .text = std::move(text)};
}

class Newsroom : public ::testing::Test {
  protected:
    Newsroom() : ring_(std::string(32, 'k')) { open_store(); }

    void open_store() {
        auto opened = store::Store::open(folder_.url(), clock_);
        CHECK(opened);
        store_ = std::move(*opened);
    }

    ListId add_list(const std::string& slug) {
        return store_
            ->run([&](store::Database& db) -> Result<ListId> {
                TRY_AS(const store::ListRow list,
                       store::insert_list(db, slug, slug, "", clock_.now()));
                return list.id;
            })
            .value();
    }

    static store::NewSubscriber subscriber(int number, const std::string& domain) {
        const std::string address = "reader" + std::to_string(number) + "@" + domain;
        const std::string digest = sha256(address);
        return {.address = address,
                .address_key = address,
                .domain = domain,
                .smtputf8 = false,
                .subject = digest.substr(0, 16),
                .salt = digest,
                .locale = "en",
                .created_at = {}};
    }

    // Readers over three domains; returns their ids.
    std::vector<SubscriberId> add_readers(ListId list, int count, int first = 0) {
        return store_
            ->run([&](store::Database& db) -> Result<std::vector<SubscriberId>> {
                std::vector<SubscriberId> ids;
                for (int i = first; i < first + count; ++i) {
                    const std::string domain = std::vector<std::string>{
                        "b.example", "a.example", "c.example"}[static_cast<std::size_t>(i % 3)];
                    const auto id = store::insert_subscriber(db, subscriber(i, domain));
                    CHECK(id);
                    store::set_active(db, *id, list, clock_.now());
                    ids.push_back(*id);
                }
                return ids;
            })
            .value();
    }

    // One message for all; or one a language, which says so.
    static std::string compiled(const std::vector<std::string>& languages) {
        if (languages.empty()) {
            return message("").encode();
        }
        std::vector<std::pair<std::string, mail::MessageTemplate>> messages;
        for (const std::string& language : languages) {
            messages.emplace_back(language, message("in " + language + "\n"));
        }
        return mail::MessageSet(std::move(messages)).encode();
    }
    static std::string compiled() { return compiled({}); }
    static mail::MessageTemplate message(const std::string& words) {
        mail::MailContent content;
        content.from_name = "The Paper";
        content.from_address = "alerts@paper.example";
        content.subject = "Bridge closed";
        content.date = from_ms(1'700'000'000'000);
        content.text = words + "The bridge is closed.\n" +
                       std::string(mail::kUnsubscribeUrlMarker) + "\n" +
                       std::string(mail::kPreferencesUrlMarker) + "\n";
        content.html = "<p>The bridge is closed.</p><a href=\"" +
                       std::string(mail::kUnsubscribeUrlMarker) + "\">leave</a>";
        content.list_id = "News <news.paper.example>";
        content.message_id_domain = "paper.example";
        content.unsubscribe_url_prefix = "https://paper.example/u/";
        content.preferences_url_prefix = "https://paper.example/p/";
        content.unsubscribe_token_chars = mail::kTokenChars;
        content.preferences_token_chars = mail::kTokenChars;
        return mail::MessageTemplate::compile(content).value();
    }

    struct Order {
        std::vector<ListId> lists;
        model::AlertKind kind = model::AlertKind::Alert;
        AlertId of = AlertId();
        Seconds life{4 * 3600};
        model::Repeat repeat = model::Repeat::Resend;
        model::Priority priority = model::Priority::Normal;
        std::vector<std::string> languages = {};  // none: one message for all
    };

    Result<AlertId> try_release(const Order& order) {
        return store_->run([&](store::Database& db) -> Result<AlertId> {
            model::AlertContent content;
            content.kind = order.kind;
            content.of = order.of;
            content.headline = "Bridge closed";
            content.summary = "It is closed.";
            content.lists = order.lists;
            content.not_after = order.life;
            content.repeat = order.repeat;
            content.priority = order.priority;
            const AlertId alert = store::insert_alert(
                db, {.content = content, .created_by = "ann", .at = clock_.now()});
            const auto row = store::find_alert(db, alert);
            store::set_approved(db, alert, row->revision, compiled(order.languages), clock_.now());
            TRY_AS(const std::uint64_t audience,
                   freeze_audience(
                       db,
                       {.alert = alert, .kind = order.kind, .of = order.of, .lists = order.lists}));
            CHECK(audience > 0);
            store::set_released(db, alert,
                                {.compiled = compiled(order.languages),
                                 .at = clock_.now(),
                                 .not_after = clock_.now() + order.life});
            return alert;
        });
    }
    AlertId release(const Order& order) { return try_release(order).value(); }

    EngineOptions options(std::uint16_t port) const {
        EngineOptions options;
        options.relay.host = "127.0.0.1";
        options.relay.port = port;
        options.relay.tls = net::SmtpRoute::Tls::None;
        options.bounce_domain = "bounces.paper.example";
        options.signers = 2;
        return options;
    }
    Status try_start_engine(EngineOptions options) {
        engine_ = std::make_unique<Engine>(*store_, clock_, ring_, nullptr, std::move(options),
                                           EngineHooks{.finished = [this](AlertId alert) {
                                               const std::lock_guard lock(finished_mutex_);
                                               finished_.insert(alert);
                                           }});
        return engine_->start();
    }
    void start_engine(EngineOptions options) { CHECK(try_start_engine(std::move(options))); }
    void start_engine() { start_engine(options(server_.port())); }
    void send(AlertId alert) { engine_->alert_released(alert); }

    bool is_finished(AlertId alert) {
        const std::lock_guard lock(finished_mutex_);
        return finished_.contains(alert);
    }
    bool finished(AlertId alert) {
        return wait_until([&] { return is_finished(alert); });
    }
    AlertStatus status(AlertId alert) {
        const auto live = engine_ ? engine_->progress(alert) : std::nullopt;
        return store_->run([&](store::Database& db) { return alert_status(db, alert, live); })
            .value();
    }
    LedgerCheck check(AlertId alert) {
        return store_->run([&](store::Database& db) { return verify_ledger(db, alert); }).value();
    }
    std::vector<LedgerLine> lines(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<std::vector<LedgerLine>> {
                std::vector<LedgerLine> out;
                TRY(for_each_ledger_line(db, alert, "paper.example",
                                         [&](const LedgerLine& line) { out.push_back(line); }));
                return out;
            })
            .value();
    }
    // P1, from the ledger's own records.
    void expect_accounted(AlertId alert) {
        const LedgerCheck checked = check(alert);
        EXPECT_THAT(checked.problems, ::testing::IsEmpty());
        EXPECT_EQ(checked.pending, 0U);
        EXPECT_EQ(checked.counts.settled(), checked.audience);
    }

    store::TempFolder folder_;
    FakeClock clock_;
    mail::KeyRing ring_;
    std::unique_ptr<store::Store> store_;
    ScriptedServer server_;
    std::mutex finished_mutex_;
    std::set<AlertId> finished_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace tocsin::delivery
