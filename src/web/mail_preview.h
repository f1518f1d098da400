// An alert's mail as a document for the desk's preview frame. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "alerts/alerts.h"
#include "mail/catalog.h"
#include "model/alert.h"

namespace tocsin::web {

enum class PreviewView { Wide, Narrow, Dark, Text };
PreviewView parse_preview_view(std::string_view text);  // unknown: Wide

// HTML views are the mail itself, shown light or dark whatever the editor's own screen prefers;
// the text view is the text part on a plain page.
std::string preview_document(const alerts::Preview& preview, PreviewView view);

// The Subject of an alert with this headline.
std::string mail_subject(const mail::Catalog& catalog, std::string_view language,
                         model::AlertKind kind, std::string_view headline);

}  // namespace tocsin::web
