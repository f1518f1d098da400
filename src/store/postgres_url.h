// What PostgreSQL's URLs and refusals become before an operator reads them: no password, one line.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace tocsin::store {

bool is_postgres_url(std::string_view url);
// Invalid if libpq cannot read it; the sentence holds nothing of it.
Status check_postgres_url(const std::string& url);
// "postgresql://tocsin@db.example:5432/news": without password and options. A URL that cannot be
// read becomes "postgresql://...".
std::string shown_postgres_url(const std::string& url);
// libpq's message in one line, without what it says on every refusal.
std::string one_line(std::string_view message);
// What a SQLSTATE means for what follows: Statement or Transaction. Empty: the connection was lost.
DatabaseFailure::Scope failure_scope(std::string_view sqlstate);
// Of those that end a transaction: whether the next may begin over the same connection. Otherwise
// it is better made anew, for the URL may name a server that is well.
bool keeps_session(std::string_view sqlstate);
// Whether libpq's message about a refused connection, with SQLSTATEs for words (PQERRORS_SQLSTATE),
// names one that passes by itself: a server that starts, ends, or has too many connections.
bool refusal_passes(std::string_view message);
inline constexpr std::string_view kReadOnlyState = "25006";

}  // namespace tocsin::store
