#include "web/list_export.h"

#include <stdexcept>

#include "audience/audience.h"

namespace tocsin::web {

namespace {

Task<void> stream_list(const NewsroomServices& services, std::string slug,
                       net::HttpStream& stream) {
    audience::ExportSink sink = [&stream](std::string part) {
        return stream.write(std::move(part));
    };
    const Status exported = co_await services.audience.export_list(slug, sink);
    if (!exported && !stream.closed()) {
        throw std::runtime_error("a list could not be exported: " + exported.error().message());
    }
}

}  // namespace

Task<Result<net::HttpResponse>> list_export(const NewsroomServices& services, std::string slug) {
    CO_TRY(co_await services.audience.show_list(slug));
    net::HttpResponse response;
    response.headers.set("Content-Type", "text/csv; charset=utf-8");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"{}.csv\"", slug));
    response.stream = [&services, slug](net::HttpStream& stream) {
        return stream_list(services, slug, stream);
    };
    co_return response;
}

}  // namespace tocsin::web
