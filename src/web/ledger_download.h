// An alert's ledger as a file, streamed partition by partition: memory does not grow with the
// audience, and no single read holds up the store. An error in the middle cuts the connection, so
// that a file that ends early does not look complete. The web's io thread.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "net/http.h"
#include "web/desk.h"

namespace tocsin::web {

enum class LedgerFormat { Csv, Json };

// NotFound if the alert has no audience. `services` must outlive the response's stream.
Task<Result<net::HttpResponse>> ledger_download(const NewsroomServices& services, AlertId id,
                                                LedgerFormat format);

}  // namespace tocsin::web
