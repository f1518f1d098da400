#include "app/sink.h"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "app/sink_parser.h"
#include "base/check.h"

namespace tocsin::app {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kEventsMax = 256;

// A file descriptor that is closed once.
class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    int get() const { return fd_; }

  private:
    int fd_;
};

struct Connection {
    Connection(int fd, SinkOptions::Chunking chunking) : socket(fd), parser(chunking) {}
    Descriptor socket;
    SinkParser parser;
    std::size_t written = 0;  // of parser.output()
    bool closing = false;     // once the output is written
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
};

Result<Descriptor> listen_on(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        return invalid("'" + host + "' is not an IPv4 address");
    }
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.get(), 4'096) != 0) {
        return unavailable(
            fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(errno)));
    }
    return socket;
}

}  // namespace

// Each thread has an epoll of its own; the first also accepts and deals the connections out.
class Sink::Impl {
  public:
    Impl(const SinkOptions& options, Descriptor listener)
        : options_(options), listener_(std::move(listener)), wake_(eventfd(0, EFD_NONBLOCK)) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
            epolls_.emplace_back(epoll_create1(EPOLL_CLOEXEC));
            CHECK(epolls_.back().get() >= 0);
            watch(i, wake_.get(), EPOLLIN, nullptr);
        }
        watch(0, listener_.get(), EPOLLIN, &listener_);
        for (std::size_t i = 0; i < epolls_.size(); ++i) {
            threads_.emplace_back([this, i] { run(i); });
        }
    }
    ~Impl() { stop(); }

    void stop() {
        if (stopping_.exchange(true)) {
            return;
        }
        const std::uint64_t one = 1;
        CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);  // stays readable for all
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    std::uint16_t port = 0;
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> connections{0};

  private:
    void watch(std::size_t thread, int fd, std::uint32_t events, void* what) {
        epoll_event event{};
        event.events = events;
        event.data.ptr = what;
        CHECK(epoll_ctl(epolls_[thread].get(), EPOLL_CTL_ADD, fd, &event) == 0);
    }

    void run(std::size_t thread) {
        std::vector<char> buffer(kReadBytes);
        std::array<epoll_event, kEventsMax> events;
        while (!stopping_) {
            const int count = epoll_wait(epolls_[thread].get(), events.data(), kEventsMax, -1);
            for (int i = 0; i < count; ++i) {
                void* what = events[static_cast<std::size_t>(i)].data.ptr;
                if (what == nullptr) {
                    return;
                }
                if (what == &listener_) {
                    accept_all();
                    continue;
                }
                auto* connection = static_cast<Connection*>(what);
                const bool gone =
                    (events[static_cast<std::size_t>(i)].events & (EPOLLRDHUP | EPOLLERR)) != 0;
                if (!serve(*connection, buffer) || gone) {
                    drop(connection);
                }
            }
        }
    }

    void accept_all() {
        while (true) {
            const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                return;
            }
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            auto connection = std::make_unique<Connection>(fd, options_.chunking);
            Connection* raw = connection.get();
            {
                const std::lock_guard lock(mutex_);
                open_[raw] = std::move(connection);
            }
            // Writable at once, which sends the greeting; edges only, so serve() drains.
            watch(connections++ % epolls_.size(), fd, EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
                  raw);
        }
    }

    // Reads what there is, answers it. False: the connection is over.
    bool serve(Connection& connection, std::vector<char>& buffer) {
        bool open = true;
        while (open && !connection.closing) {
            const ssize_t count = recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
            if (count < 0 && errno == EAGAIN) {
                break;
            }
            open = count > 0;
            if (open) {
                const std::string_view got(buffer.data(), static_cast<std::size_t>(count));
                connection.closing = connection.parser.feed(got) == SinkParser::Next::Close;
                count_up(connection);
                // A short read has emptied the socket; answer before asking again.
                if (!flush(connection)) {
                    return false;
                }
                if (got.size() < buffer.size() / 2) {
                    break;
                }
            }
        }
        return open && flush(connection) &&
               !(connection.closing && connection.parser.output().empty());
    }

    static bool flush(Connection& connection) {
        std::string& output = connection.parser.output();
        while (connection.written < output.size()) {
            const ssize_t count = send(connection.socket.get(), output.data() + connection.written,
                                       output.size() - connection.written, MSG_NOSIGNAL);
            if (count < 0) {
                return errno == EAGAIN;
            }
            connection.written += static_cast<std::size_t>(count);
        }
        output.clear();
        connection.written = 0;
        return true;
    }

    void count_up(Connection& connection) {
        const std::uint64_t new_messages = connection.parser.messages() - connection.messages;
        const std::uint64_t new_bytes = connection.parser.bytes() - connection.bytes;
        connection.messages += new_messages;
        connection.bytes += new_bytes;
        messages.fetch_add(new_messages, std::memory_order_relaxed);
        bytes.fetch_add(new_bytes, std::memory_order_relaxed);
    }

    void drop(Connection* connection) {
        const std::lock_guard lock(mutex_);
        open_.erase(connection);
    }

    SinkOptions options_;
    Descriptor listener_;
    Descriptor wake_;
    std::vector<Descriptor> epolls_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;  // guards open_
    std::unordered_map<Connection*, std::unique_ptr<Connection>> open_;
};

Sink::Sink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sink::~Sink() = default;

Result<std::unique_ptr<Sink>> Sink::start(const SinkOptions& options) {
    TRY_AS(Descriptor listener, listen_on(options.host, options.port));
    return std::unique_ptr<Sink>(new Sink(std::make_unique<Impl>(options, std::move(listener))));
}

void Sink::stop() {
    impl_->stop();
}
std::uint16_t Sink::port() const {
    return impl_->port;
}
std::uint64_t Sink::messages() const {
    return impl_->messages;
}
std::uint64_t Sink::bytes() const {
    return impl_->bytes;
}
std::uint64_t Sink::connections() const {
    return impl_->connections;
}

}  // namespace tocsin::app
