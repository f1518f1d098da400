#include "app/recording_sink.h"

#include <fstream>
#include <sstream>

#include <boost/asio/co_spawn.hpp>

#include "app/sink_connection.h"
#include "base/log.h"

namespace tocsin::app {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using StatePtr = std::shared_ptr<RecordingSink::State>;

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        return io_error("cannot read " + path);
    }
    return std::move(text).str();
}

void accept_next(const StatePtr& state) {
    state->acceptor.async_accept(
        [state](const boost::system::error_code& error, tcp::socket socket) {
            if (state->stopped || error == asio::error::operation_aborted) {
                return;
            }
            if (!error) {
                asio::co_spawn(state->executor, serve_sink_connection(state, std::move(socket)),
                               [](std::exception_ptr) {});
            }
            accept_next(state);
        });
}

}  // namespace

RecordingSink::RecordingSink(std::shared_ptr<State> state) : state_(std::move(state)) {}

RecordingSink::~RecordingSink() {
    state_->stopped = true;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    for (net::SmtpStream* stream : state_->streams) {
        stream->close();
    }
    state_->log->stop();  // it resumes coroutines: not when the io_context is gone
}

Result<std::unique_ptr<RecordingSink>> RecordingSink::start(Executor executor, const Clock& clock,
                                                            const RecordingSinkOptions& options) {
    auto state = std::make_shared<State>(std::move(executor), clock, options);
    TRY_AS(state->log, RecordLog::open(options.record_file));
    if (!options.tls_cert_file.empty()) {
        TRY_AS(const std::string certificate, read_file(options.tls_cert_file));
        TRY_AS(const std::string key, read_file(options.tls_key_file));
        TRY_AS(net::TlsServer tls, net::TlsServer::create(certificate, key));
        state->tls = std::make_shared<net::TlsServer>(std::move(tls));
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.host, error);
    if (error) {
        return invalid("'" + options.host + "' is not a numeric address");
    }
    try {
        state->acceptor = tcp::acceptor(state->executor, tcp::endpoint(address, options.port));
    } catch (const boost::system::system_error& e) {
        return unavailable(fmt::format("cannot listen on {} port {}: {}", options.host,
                                       options.port, e.code().message()));
    }
    accept_next(state);
    return std::unique_ptr<RecordingSink>(new RecordingSink(std::move(state)));
}

std::uint16_t RecordingSink::port() const {
    boost::system::error_code ignored;
    return state_->acceptor.local_endpoint(ignored).port();
}
std::uint64_t RecordingSink::recorded() const {
    return state_->recorded;
}
std::uint64_t RecordingSink::faults() const {
    return state_->faults;
}

}  // namespace tocsin::app
