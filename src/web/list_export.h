// A list's readers as a CSV file, streamed. An error in the middle cuts the connection, so that
// half a list does not look like the whole. The web's io thread.
#pragma once

#include <string>

#include "base/result.h"
#include "base/task.h"
#include "net/http.h"
#include "web/desk.h"

namespace tocsin::web {

// NotFound if there is no such list. `services` must outlive the response's stream.
Task<Result<net::HttpResponse>> list_export(const NewsroomServices& services, std::string slug);

}  // namespace tocsin::web
