#include "app/dev_site.h"

#include "audience/audience.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "store/desk.h"
#include "web/page.h"

namespace tocsin::app {

namespace {

constexpr std::string_view kEditor = "editor";

Task<Result<std::string>> sign_in_editor(web::Auth& auth, store::Store& store, Random& random) {
    auto find = [](store::Database& db) -> Result<UserId> {
        const auto user = store::find_desk_user(db, kEditor);
        if (!user) {
            return not_found("the editor of the throw-away desk is gone");
        }
        return user->id;
    };
    CO_TRY_AS(const UserId editor, co_await store.read(std::move(find)));
    CO_TRY_AS(const std::string link, co_await auth.make_link(editor));
    std::string secret = link.substr(link.rfind('/') + 1);
    std::string password = hex_encode(random.bytes(16));
    co_return co_await auth.redeem_link(std::move(secret), std::move(password));
}

Task<net::HttpResponse> answer_dev_sign_in(web::Auth& auth, store::Store& store, Random& random,
                                           web::Context context) {
    const std::string& peer = context.request.peer;
    if (!peer.starts_with("127.") && peer != "::1") {
        co_return web::text_response(403, "the throw-away desk opens from this machine only\n");
    }
    Result<std::string> cookie = co_await sign_in_editor(auth, store, random);
    if (!cookie) {
        co_return web::text_response(web::status_of(cookie.error().kind()),
                                     cookie.error().message() + "\n");
    }
    net::HttpResponse response = web::see_other("/desk");
    response.headers.add("Set-Cookie", std::move(*cookie));
    co_return response;
}

}  // namespace

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
