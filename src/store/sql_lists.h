// Numbers of parameters for "IN (...)", and what stands behind them. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/id.h"
#include "model/alert.h"
#include "store/database.h"

namespace tocsin::store {

// Subscribers whom one statement asks about.
inline constexpr std::size_t kRecipientBlock = 1'000;

// "$3, $4, $5" for 3 numbers from 3 on.
std::string placeholders(std::size_t first, std::size_t count);
void append_lists(std::vector<Param>& params, const std::vector<ListId>& lists);
// The ids, padded with 0 (never an id) so that every block is the same statement: parameters $1 to
// $kRecipientBlock.
std::vector<Param> block_params(const std::vector<SubscriberId>& subscribers);

// "... FROM subscription x" WHERE this: an active subscription to one of the lists, by somebody who
// has none of those that are left out. Adds to `params` what it names.
std::string in_audience(std::vector<Param>& params, const model::AudienceLists& lists);

}  // namespace tocsin::store
