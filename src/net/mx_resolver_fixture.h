// What the tests of MxResolver share: canned DNS answers, and a resolver over them with a fake
// clock.
#pragma once

#include <deque>
#include <map>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/dns.h"
#include "net/mx_resolver.h"

namespace tocsin::net {

namespace asio = boost::asio;
using model::DnsStatus;

inline DnsAnswer status(DnsStatus what, std::string why = "", Seconds ttl = Seconds(300)) {
    DnsAnswer answer;
    answer.status = what;
    answer.why = std::move(why);
    answer.ttl = ttl;
    return answer;
}

inline DnsAnswer mx(std::vector<MxTarget> targets, Seconds ttl = Seconds(300)) {
    DnsAnswer answer = status(DnsStatus::Found, "", ttl);
    answer.mx = std::move(targets);
    return answer;
}

inline DnsAnswer at(std::vector<const char*> addresses, Seconds ttl = Seconds(300)) {
    DnsAnswer answer = status(DnsStatus::Found, "", ttl);
    for (const char* text : addresses) {
        answer.addresses.push_back(asio::ip::make_address(text));
    }
    return answer;
}

// Has an answer to everything (NoData unless told) and counts the questions. Held: answers only
// when told to.
class FakeDns : public DnsSource {
  public:
    explicit FakeDns(asio::io_context& io) : io_(io) {}
    void ask(const std::string& name, DnsType type, Done done) override {
        ++asked[name];
        ++questions;
        auto answer = [this, name, type, done] {
            const auto found = answers.find({name, type});
            const auto everything = any.find(name);
            done(found != answers.end()    ? found->second
                 : everything != any.end() ? everything->second
                                           : status(DnsStatus::NoData));
        };
        if (held) {
            waiting.emplace_back(std::move(answer));
        } else {
            asio::post(io_, std::move(answer));
        }
    }
    void answer_one() {
        auto first = std::move(waiting.front());
        waiting.pop_front();
        first();
    }

    std::map<std::pair<std::string, DnsType>, DnsAnswer> answers;
    std::map<std::string, DnsAnswer> any;  // of every type
    std::map<std::string, int> asked;
    int questions = 0;
    bool held = false;
    std::deque<std::function<void()>> waiting;

  private:
    asio::io_context& io_;
};

class MxResolverFixture : public testing::Test {
  protected:
    void make(DnsOptions options = {}) {
        auto source = std::make_unique<FakeDns>(io_);
        dns_ = source.get();
        resolver_ = std::make_unique<MxResolver>(io_, clock_, options, std::move(source));
        dns_->answers[{"example.org", DnsType::Mx}] =
            mx({{20, "mx2.example.net."}, {10, "Mx1.example.net."}});
        dns_->answers[{"mx1.example.net", DnsType::A}] = at({"1.1.1.1", "1.1.1.2"});
        dns_->answers[{"mx1.example.net", DnsType::Aaaa}] = at({"2a00::1"});
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> out;
        asio::co_spawn(io_, std::move(task), [&out](std::exception_ptr failure, T value) {
            EXPECT_FALSE(failure);
            out.emplace(std::move(value));
        });
        while (!out && io_.run_one_for(std::chrono::seconds(20)) > 0) {
        }
        io_.restart();
        return std::move(out.value());
    }
    SiteAnswer site(std::string domain) { return run(resolver_->site_of(std::move(domain))); }
    // The handlers that are due now.
    void poll() {
        io_.restart();
        io_.poll();
    }

    FakeClock clock_;
    asio::io_context io_;
    FakeDns* dns_ = nullptr;
    std::unique_ptr<MxResolver> resolver_;
};

}  // namespace tocsin::net
