#include "app/dev_site.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "app/init.h"
#include "audience/audience.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "store/desk.h"
#include "web/page.h"

namespace tocsin::app {

namespace {

constexpr std::string_view kEditor = "editor";

Task<Result<web::SignedIn>> sign_in_editor(web::Auth& auth, store::Store& store, Random& random,
                                           net::HttpRequest request) {
    auto find = [](store::Database& db) -> Result<UserId> {
        const auto user = store::find_desk_user(db, kEditor);
        if (!user) {
            return not_found("the editor of the throw-away desk is gone");
        }
        return user->id;
    };
    CO_TRY_AS(const UserId editor, co_await store.read(std::move(find)));
    CO_TRY_AS(const std::string link, co_await auth.make_link(model::operator_actor(), editor));
    std::string secret = link.substr(link.rfind('/') + 1);
    std::string password = hex_encode(random.bytes(16));
    co_return co_await auth.redeem_link(std::move(request), std::move(secret), std::move(password));
}

Task<net::HttpResponse> answer_dev_sign_in(web::Auth& auth, store::Store& store, Random& random,
                                           web::Context context) {
    const std::string& peer = context.request.peer;
    if (!peer.starts_with("127.") && peer != "::1") {
        co_return web::text_response(403, "the throw-away desk opens from this machine only\n");
    }
    const Result<web::SignedIn> signed_in =
        co_await sign_in_editor(auth, store, random, std::move(context.request));
    if (!signed_in) {
        co_return web::text_response(web::status_of(signed_in.error().kind()),
                                     signed_in.error().message() + "\n");
    }
    net::HttpResponse response = web::see_other("/desk");
    for (const std::string& cookie : signed_in->cookies) {
        response.headers.add("Set-Cookie", cookie);
    }
    co_return response;
}

// The pages must know their own address before they listen.
Result<std::uint16_t> free_port() {
    namespace ip = boost::asio::ip;
    boost::asio::io_context io;
    ip::tcp::acceptor probe(io);
    boost::system::error_code failed;
    const ip::tcp::endpoint any(ip::address_v4::loopback(), 0);
    probe.open(any.protocol(), failed);
    if (!failed) {
        probe.bind(any, failed);
    }
    if (failed) {
        return io_error(fmt::format("no port is free: {}", failed.message()));
    }
    return probe.local_endpoint().port();
}

Result<std::string> make_folder() {
    const char* parent = std::getenv("TMPDIR");
    std::string path = std::string(parent != nullptr ? parent : "/tmp") + "/tocsin-dev-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        return io_error(fmt::format("cannot make a folder {}: {}", path, std::strerror(errno)));
    }
    return path;
}

}  // namespace

Result<DevFolder> DevFolder::create(std::uint16_t http_port, Random& random) {
    if (http_port == 0) {
        TRY_AS(http_port, free_port());
    }
    DevFolder folder;
    TRY_AS(folder.path_, make_folder());
    InitOptions options;
    options.folder = folder.path_;
    options.name = "The Harbour Post";
    options.from = "alerts@harbourpost.example";
    options.public_url = fmt::format("http://localhost:{}", http_port);
    TRY(init(options, SystemClock(), random));
    TRY_AS(folder.config_, load_config(folder.path_ + "/tocsin.toml"));
    Config& config = folder.config_;
    config.site.desk_url = config.site.public_url;
    config.site.postal_address = "1 Quay Street, Port Aldery";
    config.http.listen = Endpoint{"127.0.0.1", http_port};
    config.dev.inbox = true;
    config.dev.inbox_listen = Endpoint{"127.0.0.1", 0};
    config.log.level = "warning";
    return folder;
}

DevFolder::DevFolder(DevFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), config_(std::move(other.config_)) {}

DevFolder::~DevFolder() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

Status seed_dev_editor(store::Database& db, Time now) {
    // One person is the whole newsroom here, so the administrator may also approve and release.
    TRY(store::create_desk_user(db, kEditor, model::Role::Administrator, now));
    return {};
}

Task<Status> seed_dev_readers(audience::Audience& audience) {
    audience::NewList breaking{"breaking", "Breaking news",
                               "The biggest stories, the moment they break"};
    audience::NewList harbour{"harbour", "Harbour and shipping",
                              "Arrivals, closures and warnings from the port"};
    CO_TRY(co_await audience.create_list(std::move(breaking)));
    CO_TRY(co_await audience.create_list(std::move(harbour)));

    std::vector<audience::ImportRow> rows;
    for (const char* name : {"amara", "bastien", "chidi", "dilnoza", "elif", "farid", "greta",
                             "hiroshi", "imani", "joao", "katya", "liam"}) {
        rows.push_back({fmt::format("{}@readers.example", name), ""});
    }
    audience::ImportStart start{sha256("invented readers"), "breaking",
                                "invented for the throw-away service"};
    CO_TRY_AS(const audience::ImportProgress job, co_await audience.start_import(std::move(start)));
    CO_TRY(co_await audience.import_rows(job.job, 0, std::move(rows)));
    CO_TRY(co_await audience.finish_import(job.job));
    co_return Status();
}

void add_dev_sign_in(web::Router& router, web::Auth& auth, store::Store& store, Random& random) {
    router.add("GET", "/dev/desk", [&auth, &store, &random](web::Context context) {
        return answer_dev_sign_in(auth, store, random, std::move(context));
    });
}

}  // namespace tocsin::app
