#include "net/dns.h"

#include <array>
#include <fstream>
#include <map>
#include <unbound.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/dns_rdata.h"

namespace tocsin::net {

namespace asio = boost::asio;
using model::DnsStatus;

namespace {

constexpr int kClassInternet = 1;
constexpr std::array kRcodes = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

struct ContextDelete {
    void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDelete>;

struct ResultDelete {
    void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using OwnedResult = std::unique_ptr<ub_result, ResultDelete>;

DnsAnswer failed(std::string why) {
    DnsAnswer answer;
    answer.why = std::move(why);
    return answer;
}

DnsAnswer read_result(const ub_result& result, DnsType type) {
    DnsAnswer answer;
    answer.ttl = Seconds(std::max(result.ttl, 0));
    answer.dnssec = result.secure != 0 ? DnsAnswer::Dnssec::Secure : DnsAnswer::Dnssec::NotSecure;
    if (result.bogus != 0) {
        answer.status = DnsStatus::Bogus;
        answer.why = result.why_bogus != nullptr ? result.why_bogus : "validation failed";
        return answer;
    }
    if (result.havedata == 0) {
        if (result.nxdomain != 0) {
            answer.status = DnsStatus::NoName;
        } else if (result.rcode == 0) {
            answer.status = DnsStatus::NoData;
        } else {
            const auto code = static_cast<std::size_t>(result.rcode);
            answer.why = code < kRcodes.size() ? kRcodes.at(code) : fmt::format("code {}", code);
        }
        return answer;
    }
    answer.status = DnsStatus::Found;
    for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
        const std::string_view rdata(result.data[i], static_cast<std::size_t>(result.len[i]));
        if (type == DnsType::Mx) {
            if (auto mx = parse_mx_rdata(rdata)) {
                answer.mx.push_back(std::move(*mx));
            }
        } else if (const auto address = parse_address_rdata(rdata)) {
            answer.addresses.push_back(*address);
        }
    }
    return answer;
}

// The insides, kept alive by what points at them from asio's queues.
class Unbound : public std::enable_shared_from_this<Unbound> {
  public:
    Unbound(asio::io_context& io, Context context, Milliseconds limit)
        : io_(io), context_(std::move(context)), readable_(io), limit_(limit) {}

    Status open() {
        // A copy, since asio closes what it is given.
        const int fd = ::dup(ub_fd(context_.get()));
        if (fd < 0) {
            return io_error("no file descriptor is left for the DNS resolver");
        }
        readable_.assign(fd);
        wait();
        return {};
    }

    // Nothing is answered any more.
    void close() {
        context_.reset();
        questions_.clear();
        boost::system::error_code ignored;
        readable_.close(ignored);
    }

    void ask(const std::string& name, DnsType type, DnsSource::Done done) {
        const std::uint64_t number = ++last_number_;
        auto question = std::make_unique<Question>(*this, number, type, std::move(done), io_);
        const int status =
            ub_resolve_async(context_.get(), name.c_str(), static_cast<int>(type), kClassInternet,
                             question.get(), &Unbound::on_result, &question->async_id);
        if (status != 0) {
            asio::post(io_, [done = std::move(question->done), status] {
                done(failed(std::string("the question cannot be asked: ") + ub_strerror(status)));
            });
            return;
        }
        question->limit.expires_after(limit_);
        auto on_limit = [weak = weak_from_this(), number](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) {
                self->give_up(number);
            }
        };
        question->limit.async_wait(std::move(on_limit));
        questions_.emplace(number, std::move(question));
    }

  private:
    struct Question {
        Question(Unbound& owner_, std::uint64_t number_, DnsType type_, DnsSource::Done done_,
                 asio::io_context& io)
            : owner(owner_), number(number_), type(type_), done(std::move(done_)), limit(io) {}
        Unbound& owner;
        std::uint64_t number;
        DnsType type;
        DnsSource::Done done;
        asio::steady_timer limit;
        int async_id = 0;
    };

    void wait() {
        auto on_readable = [weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error && self->context_) {
                ub_process(self->context_.get());  // calls on_result() for what has come
                self->wait();
            }
        };
        readable_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(on_readable));
    }

    static void on_result(void* asked, int status, ub_result* result) {
        const OwnedResult owned(result);
        auto& question = *static_cast<Question*>(asked);
        const bool whole = status == 0 && owned != nullptr;
        question.owner.answer(question.number, whole ? read_result(*owned, question.type)
                                                     : failed(ub_strerror(status)));
    }

    void give_up(std::uint64_t number) {
        const auto found = questions_.find(number);
        if (found == questions_.end()) {
            return;
        }
        ub_cancel(context_.get(), found->second->async_id);
        const auto seconds = std::chrono::duration<double>(limit_).count();
        answer(number, failed(fmt::format("waited {} s", seconds)));
    }

    void answer(std::uint64_t number, DnsAnswer answer) {
        auto node = questions_.extract(number);
        if (!node.empty()) {
            node.mapped()->done(std::move(answer));
        }
    }

    asio::io_context& io_;
    Context context_;
    asio::posix::stream_descriptor readable_;
    Milliseconds limit_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Question>> questions_;
};

class UnboundSource final : public DnsSource {
  public:
    explicit UnboundSource(std::shared_ptr<Unbound> insides) : insides_(std::move(insides)) {}
    ~UnboundSource() override { insides_->close(); }
    UnboundSource(const UnboundSource&) = delete;
    UnboundSource& operator=(const UnboundSource&) = delete;
    void ask(const std::string& name, DnsType type, Done done) override {
        insides_->ask(name, type, std::move(done));
    }

  private:
    std::shared_ptr<Unbound> insides_;
};

// "192.0.2.53", "2001:db8::53", either with "@PORT".
Status check_server(const std::string& server) {
    const std::size_t at = server.find('@');
    boost::system::error_code error;
    asio::ip::make_address(server.substr(0, at), error);
    bool good = !error;
    if (at != std::string::npos) {
        const std::string port = server.substr(at + 1);
        good = good && !port.empty() && port.size() <= 5 &&
               port.find_first_not_of("0123456789") == std::string::npos && std::stoi(port) > 0 &&
               std::stoi(port) <= 65'535;
    }
    if (!good) {
        return invalid("the DNS server '" + server +
                       "' is not understood; write an IP address, or IP@PORT");
    }
    return {};
}

Status check(int status, const std::string& doing) {
    if (status != 0) {
        return invalid(doing + ": " + ub_strerror(status));
    }
    return {};
}

Status set_options(ub_ctx* context, const DnsOptions& options) {
    constexpr std::array kSettings = {
        // A forwarder on this machine, and tests.
        std::pair{"do-not-query-localhost:", "no"},
        // No fragments (DNS flag day 2020).
        std::pair{"edns-buffer-size:", "1232"},
        // What it learned of a server that was down is forgotten within seconds; by default it
        // would not ask it again for a quarter of an hour.
        std::pair{"infra-host-ttl:", "3"},
        std::pair{"infra-keep-probing:", "yes"},
        // Its caches are small: what we need for long we keep ourselves.
        std::pair{"msg-cache-size:", "1m"},
        std::pair{"rrset-cache-size:", "2m"},
        std::pair{"key-cache-size:", "1m"},
        std::pair{"neg-cache-size:", "256k"},
    };
    for (const auto& [name, value] : kSettings) {
        TRY(check(ub_ctx_set_option(context, name, value), std::string("libunbound: ") + name));
    }
    if (options.server.empty()) {
        TRY(check(ub_ctx_resolvconf(context, nullptr),
                  "cannot read /etc/resolv.conf (or set [delivery] dns)"));
    } else {
        TRY(check_server(options.server));
        TRY(check(ub_ctx_set_fwd(context, options.server.c_str()), "[delivery] dns"));
    }
    if (!options.trust_anchor_file.empty()) {
        // libunbound would tell only with the first question.
        if (!std::ifstream(options.trust_anchor_file)) {
            return invalid("cannot read the DNSSEC trust anchor " + options.trust_anchor_file);
        }
        TRY(check(ub_ctx_add_ta_file(context, options.trust_anchor_file.c_str()),
                  "cannot use the DNSSEC trust anchor " + options.trust_anchor_file));
    }
    // 1: a thread, not a process.
    return check(ub_ctx_async(context, 1), "libunbound");
}

}  // namespace

Result<std::unique_ptr<DnsSource>> open_unbound(asio::io_context& io, const DnsOptions& options) {
    Context context(ub_ctx_create());
    if (!context) {
        return io_error("libunbound cannot start: no memory or no pipe");
    }
    TRY(set_options(context.get(), options));
    auto insides = std::make_shared<Unbound>(io, std::move(context), options.lookup_time);
    TRY(insides->open());
    return std::unique_ptr<DnsSource>(std::make_unique<UnboundSource>(std::move(insides)));
}

}  // namespace tocsin::net
