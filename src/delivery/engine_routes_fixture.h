// For tests: a newsroom whose mail goes straight to the recipients' servers, by a DNS that is a
// table.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "delivery/engine_fixture.h"
#include "net/dns.h"
#include "store/outbox.h"

namespace tocsin::delivery {

// What the DNS says, as a table.
class TableDns final : public net::DnsSource {
  public:
    using Table = std::map<std::pair<std::string, net::DnsType>, net::DnsAnswer>;
    // An answer that never comes.
    static constexpr std::string_view kSilent = "silent";

    TableDns(boost::asio::io_context& io, std::shared_ptr<Table> table,
             std::shared_ptr<std::mutex> mutex)
        : io_(io), table_(std::move(table)), mutex_(std::move(mutex)) {}

    void ask(const std::string& name, net::DnsType type, Done done) override {
        net::DnsAnswer answer{.status = model::DnsStatus::NoName,
                              .mx = {},
                              .addresses = {},
                              .ttl = Seconds(300),
                              .dnssec = net::DnsAnswer::Dnssec::NotSecure,
                              .why = {}};
        {
            const std::lock_guard lock(*mutex_);
            if (const auto found = table_->find({name, type}); found != table_->end()) {
                answer = found->second;
            }
        }
        if (answer.why == kSilent) {
            return;
        }
        boost::asio::post(io_, [done = std::move(done), answer] { done(answer); });
    }

  private:
    boost::asio::io_context& io_;
    std::shared_ptr<Table> table_;
    std::shared_ptr<std::mutex> mutex_;
};

class Sites : public Newsroom {
  protected:
    Sites() : work_(boost::asio::make_work_guard(dns_io_)) {
        net::DnsOptions options;
        options.private_targets = net::DnsOptions::PrivateTargets::Allow;
        resolver_ = std::make_unique<net::MxResolver>(
            dns_io_, clock_, options, std::make_unique<TableDns>(dns_io_, table_, mutex_));
        dns_thread_ = std::thread([this] { dns_io_.run(); });
    }
    ~Sites() override {
        if (engine_) {
            engine_->shutdown();
        }
        dns_io_.stop();
        dns_thread_.join();
        resolver_.reset();
        engine_.reset();
    }

    void answer(const std::string& name, net::DnsType type, net::DnsAnswer answer) {
        answer.ttl = Seconds(3'600);
        const std::lock_guard lock(*mutex_);
        (*table_)[{name, type}] = std::move(answer);
    }
    void mx(const std::string& domain, const std::vector<std::string>& hosts) {
        net::DnsAnswer found;
        found.status = model::DnsStatus::Found;
        for (const std::string& host : hosts) {
            found.mx.push_back({.preference = 10, .host = host});
        }
        answer(domain, net::DnsType::Mx, found);
    }
    void address(const std::string& host, const std::string& numeric) {
        net::DnsAnswer found;
        found.status = model::DnsStatus::Found;
        found.addresses = {boost::asio::ip::make_address(numeric)};
        answer(host, net::DnsType::A, found);
        net::DnsAnswer none;
        none.status = model::DnsStatus::NoData;
        answer(host, net::DnsType::Aaaa, none);
    }
    // One server a domain: b.example on 127.0.0.2, a.example on .3, c.example on .4.
    void three_sites() {
        mx("b.example", {"mx.b.example"});
        address("mx.b.example", "127.0.0.2");
        mx("a.example", {"mx.a.example"});
        address("mx.a.example", "127.0.0.3");
        mx("c.example", {"mx.c.example"});
        address("mx.c.example", "127.0.0.4");
    }

    EngineOptions mx_options(std::uint16_t port, const std::string& rules = "") const {
        EngineOptions options;
        MxDelivery delivery;
        delivery.resolver = resolver_.get();
        delivery.port = port;
        options.mx = delivery;
        options.shaping = shaping(rules);
        options.bounce_domain = "bounces.paper.example";
        options.signers = 2;
        return options;
    }
    static std::shared_ptr<const model::Shaping> shaping(const std::string& rules) {
        auto parsed = model::Shaping::parse("[default]\nper_second = 0\n" + rules);
        EXPECT_TRUE(parsed) << parsed.error().message();
        return std::make_shared<const model::Shaping>(std::move(*parsed));
    }
    std::vector<SubscriberId> add_readers_at(ListId list, const std::string& domain, int count) {
        return store_
            ->run([&](store::Database& db) -> Result<std::vector<SubscriberId>> {
                std::vector<SubscriberId> ids;
                for (int i = 0; i < count; ++i) {
                    const auto id = store::insert_subscriber(db, subscriber(i, domain));
                    CHECK(id);
                    store::set_active(db, *id, list, clock_.now());
                    ids.push_back(*id);
                }
                return ids;
            })
            .value();
    }
    // A confirmation in the outbox; the engine is not told.
    void put(const std::string& to) {
        store_
            ->run([&](store::Database& db) -> Status {
                store::insert_outbox(db, {.mail_from = "b@bounces.paper.example",
                                          .rcpt_to = to,
                                          .smtputf8 = false,
                                          .message = "From: a@paper.example\r\nTo: " + to +
                                                     "\r\nSubject: Please confirm\r\n\r\nHello\r\n",
                                          .now = clock_.now(),
                                          .not_after = clock_.now() + std::chrono::hours(1)});
                return {};
            })
            .value();
    }
    std::uint64_t delivered(AlertId alert) { return status(alert).counts.delivered; }
    bool delivers(AlertId alert, std::uint64_t count) {
        return wait_until([&] { return delivered(alert) == count; });
    }

    std::shared_ptr<TableDns::Table> table_ = std::make_shared<TableDns::Table>();
    std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
    boost::asio::io_context dns_io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<net::MxResolver> resolver_;
    std::thread dns_thread_;
};

}  // namespace tocsin::delivery
