// `tocsin demo`: the whole loop without a person, over the same doors that people use: the article
// page's form, the mail in the inbox, the link in it, the newsroom's API. Prints each step and ends
// with the alert's clock. Failure names the step that did not work.
#pragma once

#include "base/result.h"

namespace tocsin::app {

Status run_demo();

}  // namespace tocsin::app
