#include "store/signup_readers.h"

namespace tocsin::store {

void tag_subscriber(Database& db, SubscriberId id, std::string_view tag) {
    db.execute("UPDATE subscriber SET tag = $2 WHERE id = $1", {id, tag});
}

}  // namespace tocsin::store
