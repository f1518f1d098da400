// "Did you mean gmail.com?": the likely domain behind a mistyped one. Suggests, never rewrites.
//
// Better silent than wrong: a real provider, a real suffix with an unknown name before it, or two
// corrections equally near give no suggestion. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::mail {

// The corrected domain, or nothing. `domain` is A-labels in lower case, as Address::domain().
std::optional<std::string> suggest_domain(std::string_view domain);

// A mailbox provider of many readers: neither a typing slip nor one organisation's own domain.
bool is_large_provider(std::string_view domain);

}  // namespace tocsin::mail
