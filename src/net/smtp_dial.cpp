// run_smtp_session(): whom a session talks to. A smarthost has one name and the system's addresses;
// a site has targets, each with addresses of its own.
//
// How a site is tried: targets by preference, equal ones by chance; of each every address, by
// chance within a family, the families taking turns. An address that did not answer lately comes
// after all others. A server that answers but does not let the session begin (greeting refused, TLS
// failed where it is required, hung up) is passed over for the next, twice at the most: others of
// the same site usually say the same, and knocking on all doors of one that wants to be left alone
// is rude.
#include <deque>

#include <boost/asio/ip/tcp.hpp>

#include "base/check.h"
#include "base/log.h"
#include "net/mx_memory.h"
#include "net/mx_resolver.h"
#include "net/smtp_conversation.h"
#include "net/smtp_session_end.h"
#include "net/tcp_connect.h"

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using Reason = SessionEnd::Reason;
using Fault = SessionEnd::Fault;

namespace {

constexpr std::size_t kServersAnsweredMax = 2;

SessionEnd connect_failed(const SmtpRoute& route, const Error& error) {
    const bool cancelled = error.kind() == ErrorKind::Cancelled;
    const bool ours = error.kind() == ErrorKind::Invalid;
    return session_end(cancelled ? Reason::Cancelled : Reason::ConnectFailed,
                       ours ? Fault::Config : Fault::Passing, error.kind(),
                       route.label() + ": " + error.message());
}

// Only what is optional may be done without.
bool may_go_in_clear(const SmtpRoute& route, const SessionEnd& end) {
    return end.reason == Reason::TlsFailed && route.tls == SmtpRoute::Tls::Opportunistic;
}

// --- a smarthost ---

Task<SessionEnd> connect_and_run(const SmtpRoute& route, const SourceAddresses& sources,
                                 SmtpFeed& feed, const SmtpSessionOptions& options) {
    auto socket = co_await connect_tcp(route.host, route.port, sources, options.times.connect);
    if (!socket) {
        co_return connect_failed(route, socket.error());
    }
    SmtpStream stream(std::move(*socket));
    co_return co_await converse_smtp(stream, route, feed, options);
}

Task<SessionEnd> run_to_smarthost(SmtpRoute route, SourceAddresses sources, SmtpFeed& feed,
                                  const SmtpSessionOptions& options) {
    SessionEnd end = co_await connect_and_run(route, sources, feed, options);
    if (may_go_in_clear(route, end)) {
        route.tls = SmtpRoute::Tls::None;
        end = co_await connect_and_run(route, sources, feed, options);
    }
    co_return end;
}

// --- the mail servers of a site ---

// One server at one address.
struct Door {
    std::string host;
    tcp::endpoint endpoint;
};

class Exchangers {
  public:
    Exchangers(const SmtpRoute& route, SourceAddresses sources, SmtpFeed& feed,
               const SmtpSessionOptions& options)
        : route_(route),
          sources_(std::move(sources)),
          feed_(feed),
          options_(options),
          mx_(*options.mx),
          end_(session_end(Reason::ConnectFailed, Fault::Passing, ErrorKind::Unavailable,
                           route.label() + ": none of its servers has an address")) {}

    Task<SessionEnd> run();

  private:
    enum class Next { Door, Over };

    Task<Next> try_target(std::string host);
    Task<Next> try_door(Door door);
    Task<Next> try_connected(const Door& door, tcp::socket socket);
    Task<SessionEnd> converse(const Door& door, tcp::socket socket, SmtpRoute::Tls tls);
    std::vector<tcp::endpoint> in_order(const std::vector<tcp::endpoint>& known);
    SmtpRoute route_to(const Door& door, SmtpRoute::Tls tls) const;

    const SmtpRoute& route_;
    const SourceAddresses sources_;
    SmtpFeed& feed_;
    const SmtpSessionOptions& options_;
    MxSessions& mx_;
    std::deque<Door> later_;  // those that did not answer lately
    std::size_t tried_ = 0;
    std::size_t answered_ = 0;
    SessionEnd end_;  // of the last one tried; of one that answered, if any did
};

Task<SessionEnd> Exchangers::run() {
    const std::vector<MxTarget> targets = model::shuffled(route_.targets, mx_.random);
    Next next = Next::Door;
    for (std::size_t i = 0; i < targets.size() && next != Next::Over; ++i) {
        next = co_await try_target(targets[i].host);
    }
    while (!later_.empty() && next != Next::Over) {
        Door door = std::move(later_.front());
        later_.pop_front();
        next = co_await try_door(std::move(door));
    }
    co_return std::move(end_);
}

Task<Exchangers::Next> Exchangers::try_target(std::string host) {
    const auto known = co_await mx_.resolver.addresses(host, route_.port);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        end_ = connect_failed(route_, Error(ErrorKind::Cancelled, "told to stop"));
        co_return Next::Over;
    }
    if (!known) {
        if (tried_ == 0) {
            end_ = connect_failed(route_, known.error());
        }
        co_return Next::Door;
    }
    const std::vector<tcp::endpoint> endpoints = in_order(*known);
    Next next = Next::Door;
    for (std::size_t i = 0; i < endpoints.size() && next != Next::Over; ++i) {
        Door door{host, endpoints[i]};
        if (mx_.memory.is_dead(endpoints[i].address(), endpoints[i].port())) {
            later_.push_back(std::move(door));
        } else {
            next = co_await try_door(std::move(door));
        }
    }
    co_return next;
}

// Each family in an order of its own, taking turns, IPv6 first.
std::vector<tcp::endpoint> Exchangers::in_order(const std::vector<tcp::endpoint>& known) {
    std::vector<tcp::endpoint> families[2];
    for (const tcp::endpoint& endpoint : known) {
        if (sources_.reaches(endpoint.address())) {
            auto& family = families[endpoint.address().is_v6() ? 0 : 1];
            family.push_back(endpoint);
            std::swap(family.back(), family[mx_.random.below(family.size())]);
        }
    }
    std::vector<tcp::endpoint> order;
    for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i) {
        for (const auto& family : families) {
            if (i < family.size()) {
                order.push_back(family[i]);
            }
        }
    }
    return order;
}

Task<Exchangers::Next> Exchangers::try_door(Door door) {
    if (++tried_ > limits::kMxAddressesMax) {
        co_return Next::Over;
    }
    const asio::ip::address address = door.endpoint.address();
    auto socket = co_await connect_address(door.endpoint, sources_, options_.times.connect);
    if (socket) {
        co_return co_await try_connected(door, std::move(*socket));
    }
    const ErrorKind kind = socket.error().kind();
    if (kind != ErrorKind::Cancelled && kind != ErrorKind::Invalid) {
        mx_.memory.address_failed(address, door.endpoint.port());
    }
    if (answered_ == 0 || kind == ErrorKind::Cancelled) {
        end_ = connect_failed(route_to(door, route_.tls), socket.error());
        end_.peer = {door.host, address.to_string(), SmtpPeer::Tls::None};
    }
    co_return kind == ErrorKind::Cancelled ? Next::Over : Next::Door;
}

Task<Exchangers::Next> Exchangers::try_connected(const Door& door, tcp::socket socket) {
    SmtpRoute::Tls tls = route_.tls;
    if (tls == SmtpRoute::Tls::Opportunistic && mx_.memory.tls_is_broken(door.host)) {
        tls = SmtpRoute::Tls::None;
    }
    ++answered_;
    end_ = co_await converse(door, std::move(socket), tls);
    if (end_.ready && end_.peer.tls != SmtpPeer::Tls::None) {
        mx_.memory.tls_worked(door.host);
    }
    if (may_go_in_clear(route_, end_)) {
        // (A refusal of STARTTLS never comes here: such a session went on in clear by itself.)
        log_info("{}; trying in clear, since TLS is optional there", end_.error.message());
        auto again = co_await connect_address(door.endpoint, sources_, options_.times.connect);
        if (!again) {
            end_ = connect_failed(route_to(door, SmtpRoute::Tls::None), again.error());
        } else {
            end_ = co_await converse(door, std::move(*again), SmtpRoute::Tls::None);
            if (end_.ready) {
                mx_.memory.tls_failed(door.host);
            }
        }
    }
    const auto address = door.endpoint.address();
    if (end_.ready) {
        mx_.memory.address_worked(address, door.endpoint.port());
    } else if (end_.reason == Reason::TimedOut) {
        mx_.memory.address_failed(address, door.endpoint.port());
    }
    const bool over = end_.ready || end_.ok() || end_.reason == Reason::Cancelled ||
                      end_.reason == Reason::Withdrawn || answered_ >= kServersAnsweredMax;
    co_return over ? Next::Over : Next::Door;
}

Task<SessionEnd> Exchangers::converse(const Door& door, tcp::socket socket, SmtpRoute::Tls tls) {
    const SmtpRoute to = route_to(door, tls);
    SmtpStream stream(std::move(socket));
    co_return co_await converse_smtp(stream, to, feed_, options_);
}

// The certificate is verified against the MX host's name, where it is verified. (Seam: DANE would
// take its TLSA records along with the target, MTA-STS the names that its policy allows.)
SmtpRoute Exchangers::route_to(const Door& door, SmtpRoute::Tls tls) const {
    SmtpRoute to = route_;
    to.name = door.host + " [" + door.endpoint.address().to_string() + "]";
    to.host = door.host;
    to.tls_name.clear();
    to.tls = tls;
    return to;
}

Task<SessionEnd> run_to_exchangers(const SmtpRoute& route, SourceAddresses sources, SmtpFeed& feed,
                                   const SmtpSessionOptions& options) {
    CHECK(options.mx != nullptr);
    Exchangers exchangers(route, std::move(sources), feed, options);
    co_return co_await exchangers.run();
}

}  // namespace

Task<SessionEnd> run_smtp_session(SmtpRoute route, SmtpFeed& feed, SmtpSessionOptions options) {
    if (const Status checked = check_route(route); !checked) {
        co_return session_end(Reason::ConnectFailed, Fault::Config, checked.error().kind(),
                              checked.error().message());
    }
    SourceAddresses sources = source_addresses(route).value();
    // Cancellation ends the conversation, not the settling of its messages.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    SessionEnd end;
    if (route.targets.empty()) {
        end = co_await run_to_smarthost(std::move(route), std::move(sources), feed, options);
    } else {
        end = co_await run_to_exchangers(route, std::move(sources), feed, options);
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return end;
}

}  // namespace tocsin::net
