#include "net/mx_resolver.h"

#include <algorithm>
#include <atomic>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/limits.h"
#include "mail/address.h"
#include "net/dns.h"
#include "net/dns_questions.h"
#include "net/mx_address.h"
#include "net/mx_cache.h"

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using model::DnsStatus;
using model::MxPlan;

namespace {

// What is known of one host, usable addresses only.
struct HostAnswer {
    enum class Kind { Found, Refused, Later };
    Kind kind = Kind::Later;
    std::vector<asio::ip::address> addresses;  // alternating, IPv6 first
    DnsStatus a = DnsStatus::Failed;
    DnsStatus aaaa = DnsStatus::Failed;
    std::string reason;  // without codes
    SteadyTime valid_until{};
};

bool unsure(DnsStatus status) {
    return status == DnsStatus::Failed || status == DnsStatus::Bogus;
}

// One after the other, as long as there are both.
std::vector<asio::ip::address> alternate(const std::vector<asio::ip::address>& first,
                                         const std::vector<asio::ip::address>& second) {
    std::vector<asio::ip::address> out;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) {
            out.push_back(first[i]);
        }
        if (i < second.size()) {
            out.push_back(second[i]);
        }
    }
    return out;
}

// Calls leave() when the waiting coroutine ends, however it ends.
template <class Value>
class Leaving {
  public:
    explicit Leaving(AnswerWait<Value>& wait) : wait_(wait) {}
    ~Leaving() { wait_.leave(); }
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

  private:
    AnswerWait<Value>& wait_;
};

// Tells those who wait if the asking coroutine ends without settling.
template <class Value>
class Asking {
  public:
    Asking(AnswerCache<Value>& cache, const std::string& key) : cache_(cache), key_(key) {}
    ~Asking() {
        if (!settled_) {
            cache_.abandon(key_);
        }
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    bool settle(Value value) {
        settled_ = true;
        return cache_.settle(key_, std::move(value));
    }

  private:
    AnswerCache<Value>& cache_;
    const std::string& key_;
    bool settled_ = false;
};

}  // namespace

class MxResolver::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(asio::io_context& io, const Clock& clock, DnsOptions options,
         std::unique_ptr<DnsSource> source)
        : io_(io),
          clock_(clock),
          options_(std::move(options)),
          dns_(std::make_shared<DnsQuestions>(io, std::move(source), options_.lookups_max)),
          sites_(clock, {limits::kDnsCacheEntriesMax, options_.stale_time, limits::kDnsFailureTtl}),
          hosts_(clock,
                 {limits::kDnsCacheEntriesMax, options_.stale_time, limits::kDnsFailureTtl}) {}

    void close() {
        gate_.close();
        sites_.close();
        hosts_.close();
        dns_->close();
    }

    // Null if the wait was cancelled, took too long, or the resolver is gone.
    Task<std::shared_ptr<const SiteAnswer>> site_of(std::string domain) {
        return get(sites_, std::move(domain), &Impl::resolve_site);
    }
    Task<std::shared_ptr<const HostAnswer>> host_of(std::string host) {
        return get(hosts_, std::move(host), &Impl::resolve_host);
    }
    std::shared_ptr<const SiteAnswer> known_site_of(const std::string& domain) const {
        return sites_.find(domain);
    }

    Stats stats() const {
        Stats out;
        out.questions = dns_->asked();
        out.cache_hits = hits_;
        out.stale_served = stale_;
        out.entries = sites_.size() + hosts_.size();
        out.in_flight = gate_.running();
        return out;
    }
    bool may_use(const asio::ip::address& address) const {
        return options_.private_targets == DnsOptions::PrivateTargets::Allow ||
               is_internet_address(address);
    }

  private:
    template <class Value>
    using Resolve = Task<Value> (Impl::*)(std::string key);

    template <class Value>
    Task<std::shared_ptr<const Value>> get(AnswerCache<Value>& cache, std::string key,
                                           Resolve<Value> resolve);
    template <class Value>
    static Task<void> work(std::shared_ptr<Impl> self, AnswerCache<Value>& cache, std::string key,
                           Resolve<Value> resolve);

    Task<SiteAnswer> resolve_site(std::string domain);
    Task<SiteAnswer> find_usable(std::string domain, MxPlan plan, Seconds ttl);
    Task<HostAnswer> resolve_host(std::string host);
    HostAnswer judge(const std::string& host, const DnsAnswer& a, const DnsAnswer& aaaa) const;

    SteadyTime after(Seconds ttl) const {
        return clock_.steady() + std::clamp(ttl, limits::kDnsTtlMin, limits::kDnsTtlMax);
    }
    SteadyTime after_refusal(Seconds ttl) const {
        return clock_.steady() + std::clamp(ttl, limits::kDnsTtlMin, limits::kDnsNegativeTtlMax);
    }
    SteadyTime after_failure() const { return clock_.steady() + limits::kDnsFailureTtl; }

    asio::io_context& io_;
    const Clock& clock_;
    const DnsOptions options_;
    const std::shared_ptr<DnsQuestions> dns_;
    Gate gate_;
    AnswerCache<SiteAnswer> sites_;
    AnswerCache<HostAnswer> hosts_;
    std::atomic<std::uint64_t> hits_ = 0;
    std::atomic<std::uint64_t> stale_ = 0;
};

// --- on the caller's executor ---

template <class Value>
Task<std::shared_ptr<const Value>> MxResolver::Impl::get(AnswerCache<Value>& cache, std::string key,
                                                         Resolve<Value> resolve) {
    using Role = typename AnswerCache<Value>::Role;
    const std::shared_ptr<Impl> self = shared_from_this();
    const Executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limits::kDnsWaitTime);
    const auto wait = std::make_shared<AnswerWait<Value>>(executor, timer);
    const Leaving<Value> leaving(*wait);
    const auto [role, answer] = cache.find(key, wait);
    if (role == Role::Answered) {
        ++hits_;
        co_return answer;
    }
    if (role == Role::Asks) {
        spawn(io_.get_executor(), gate_, "dns " + key, work(self, cache, key, resolve));
    }
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return wait->value();
}

// --- on the io_context ---

template <class Value>
Task<void> MxResolver::Impl::work(std::shared_ptr<Impl> self, AnswerCache<Value>& cache,
                                  std::string key, Resolve<Value> resolve) {
    Asking<Value> asking(cache, key);
    Value value = co_await (*self.*resolve)(key);
    const bool stale = asking.settle(std::move(value));
    self->stale_ += stale ? 1 : 0;
}

Task<SiteAnswer> MxResolver::Impl::resolve_site(std::string domain) {
    const std::shared_ptr<DnsQuestion> question = co_await dns_->ask(domain, DnsType::Mx);
    DnsAnswer mx = co_await question->answer();
    MxPlan plan = model::plan_mx(domain, mx.status, std::move(mx.mx), mx.why);
    Seconds ttl = mx.ttl;
    if (plan.kind == MxPlan::Kind::AskAddresses) {
        const auto host = co_await host_of(domain);
        plan = host ? model::plan_without_mx(domain, host->a, host->aaaa)
                    : MxPlan::later(fmt::format("451 4.4.3 {}: the DNS gave no answer", domain));
    }
    co_return co_await find_usable(domain, std::move(plan), ttl);
}

// Found only if at least one of the targets has an address.
Task<SiteAnswer> MxResolver::Impl::find_usable(std::string domain, MxPlan plan, Seconds ttl) {
    SiteAnswer out;
    out.reason = std::move(plan.reason);
    if (plan.kind == MxPlan::Kind::Refused) {
        out.kind = SiteAnswer::Kind::Refused;
        out.valid_until = after_refusal(ttl);
        co_return out;
    }
    bool later = plan.site.targets.empty();
    for (const MxTarget& target : plan.site.targets) {
        const auto host = co_await host_of(target.host);
        if (host && host->kind == HostAnswer::Kind::Found) {
            out.kind = SiteAnswer::Kind::Found;
            out.valid_until = after(ttl);
            out.site = std::move(plan.site);
            out.reason.clear();
            co_return out;
        }
        const bool failed = !host || host->kind == HostAnswer::Kind::Later;
        if (out.reason.empty() || (failed && !later)) {
            out.reason = host ? host->reason : target.host + ": the DNS gave no answer";
        }
        later = later || failed;
    }
    if (later) {
        out.valid_until = after_failure();
        if (!plan.site.targets.empty()) {
            out.reason = fmt::format("451 4.4.3 {}: {}", domain, out.reason);
        }
        co_return out;
    }
    out.kind = SiteAnswer::Kind::Refused;
    out.valid_until = after_refusal(ttl);
    out.reason = fmt::format("550 5.4.4 {}: none of its mail servers can be reached: {}", domain,
                             out.reason);
    co_return out;
}

Task<HostAnswer> MxResolver::Impl::resolve_host(std::string host) {
    const std::shared_ptr<DnsQuestion> asked_a = co_await dns_->ask(host, DnsType::A);
    const std::shared_ptr<DnsQuestion> asked_aaaa = co_await dns_->ask(host, DnsType::Aaaa);
    const DnsAnswer a = co_await asked_a->answer();
    const DnsAnswer aaaa = co_await asked_aaaa->answer();
    co_return judge(host, a, aaaa);
}

HostAnswer MxResolver::Impl::judge(const std::string& host, const DnsAnswer& a,
                                   const DnsAnswer& aaaa) const {
    HostAnswer out;
    out.a = a.status;
    out.aaaa = aaaa.status;
    out.addresses = alternate(aaaa.addresses, a.addresses);
    std::string refused;
    std::erase_if(out.addresses, [&](const asio::ip::address& address) {
        const bool bad = !may_use(address);
        if (bad && refused.empty()) {
            refused = address.to_string();
        }
        return bad;
    });
    Seconds ttl = limits::kDnsTtlMax;
    for (const DnsAnswer* answer : {&a, &aaaa}) {
        if (!unsure(answer->status)) {
            ttl = std::min(ttl, answer->ttl);
        }
    }
    if (!out.addresses.empty()) {
        out.kind = HostAnswer::Kind::Found;
        out.valid_until = after(ttl);
    } else if (unsure(a.status) || unsure(aaaa.status)) {
        const DnsAnswer& failed = unsure(a.status) ? a : aaaa;
        const std::string what = failed.status == DnsStatus::Bogus
                                     ? "its address is forged or broken, says DNSSEC"
                                     : "the DNS gave no answer";
        out.reason = host + ": " + what + (failed.why.empty() ? "" : " (" + failed.why + ")");
        out.valid_until = after_failure();
    } else {
        out.kind = HostAnswer::Kind::Refused;
        out.reason = refused.empty()
                         ? host + " has no address"
                         : host + " is at " + refused + ", which is no address of the internet";
        out.valid_until = after_refusal(ttl);
    }
    return out;
}

// --- MxResolver ---

Result<std::unique_ptr<MxResolver>> MxResolver::start(asio::io_context& io, const Clock& clock,
                                                      DnsOptions options) {
    TRY_AS(std::unique_ptr<DnsSource> source, open_unbound(io, options));
    return std::make_unique<MxResolver>(io, clock, std::move(options), std::move(source));
}

MxResolver::MxResolver(asio::io_context& io, const Clock& clock, DnsOptions options,
                       std::unique_ptr<DnsSource> source)
    : impl_(std::make_shared<Impl>(io, clock, std::move(options), std::move(source))) {}

MxResolver::~MxResolver() {
    impl_->close();
}

Task<SiteAnswer> MxResolver::site_of(std::string domain) {
    SiteAnswer out;
    const Result<std::string> name = mail::parse_domain(domain);
    if (!name) {
        out.kind = SiteAnswer::Kind::Refused;
        out.reason = "550 5.1.2 " + name.error().message();
        co_return out;
    }
    const auto answer = co_await impl_->site_of(*name);
    if (answer) {
        co_return *answer;
    }
    out.reason = fmt::format("451 4.4.3 {}: no answer from the DNS in time", *name);
    co_return out;
}

std::optional<SiteAnswer> MxResolver::known_site_of(const std::string& domain) const {
    const auto answer = impl_->known_site_of(domain);
    return answer ? std::optional<SiteAnswer>(*answer) : std::nullopt;
}

Task<Result<std::vector<tcp::endpoint>>> MxResolver::addresses(std::string host,
                                                               std::uint16_t port) {
    boost::system::error_code not_numeric;
    const auto numeric = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        if (!impl_->may_use(numeric)) {
            co_return not_found(host + " is no address of the internet");
        }
        co_return std::vector<tcp::endpoint>(1, tcp::endpoint(numeric, port));
    }
    const std::string name = model::normal_host(host);
    if (name.empty()) {
        co_return not_found("'" + host + "' is no host name");
    }
    const auto answer = co_await impl_->host_of(name);
    if (!answer) {
        co_return unavailable(name + ": no answer from the DNS in time");
    }
    if (answer->kind != HostAnswer::Kind::Found) {
        const bool later = answer->kind == HostAnswer::Kind::Later;
        co_return later ? unavailable(answer->reason) : not_found(answer->reason);
    }
    std::vector<tcp::endpoint> endpoints;
    for (const asio::ip::address& address : answer->addresses) {
        endpoints.emplace_back(address, port);
    }
    co_return endpoints;
}

MxResolver::Stats MxResolver::stats() const {
    return impl_->stats();
}

Task<std::string> describe_site(MxResolver& resolver, const Clock& clock, std::string domain) {
    const SiteAnswer answer = co_await resolver.site_of(domain);
    if (answer.kind != SiteAnswer::Kind::Found) {
        const bool later = answer.kind == SiteAnswer::Kind::Later;
        co_return fmt::format("{}: {}: {}\n", domain, later ? "not now" : "no mail", answer.reason);
    }
    const auto left = std::chrono::ceil<Seconds>(answer.valid_until - clock.steady());
    const std::size_t count = answer.site.targets.size();
    std::string out = fmt::format("{}: {} server{}, site {}, asked again in {} s\n", domain, count,
                                  count == 1 ? "" : "s", answer.site.name, left.count());
    for (const MxTarget& target : answer.site.targets) {
        const auto endpoints = co_await resolver.addresses(target.host, 0);
        out += fmt::format("{:>5} {} ", target.preference, target.host);
        if (!endpoints) {
            out += fmt::format(" ({})", endpoints.error().message());
        } else {
            for (const tcp::endpoint& endpoint : *endpoints) {
                out += " " + endpoint.address().to_string();
            }
        }
        out += "\n";
    }
    co_return out;
}

}  // namespace tocsin::net
