#include "store/subscribers.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/store.h"
#include "store/temp_folder.h"

namespace tocsin::store {
namespace {

SubscriberId add(Database& db, const std::string& address) {
    const std::string digest = sha256(address);
    return insert_subscriber(db, {.address = address,
                                  .address_key = address,
                                  .domain = "a.example",
                                  .smtputf8 = false,
                                  .subject = digest.substr(0, 16),
                                  .salt = digest,
                                  .locale = "en",
                                  .created_at = {}})
        .value();
}

// Or the next reader would be in the ledgers and corrections of what the erased one got.
TEST(Subscribers, TheIdOfAnErasedReaderIsNeverAnothers) {
    const TempFolder folder;
    const FakeClock clock;
    const auto store = Store::open(folder.url(), clock).value();
    const auto done = store->run([](Database& db) -> Status {
        add(db, "first@a.example");
        const SubscriberId newest = add(db, "newest@a.example");
        delete_subscriber(db, newest);
        EXPECT_GT(add(db, "next@a.example"), newest);
        return {};
    });
    EXPECT_TRUE(done);
}

}  // namespace
}  // namespace tocsin::store
