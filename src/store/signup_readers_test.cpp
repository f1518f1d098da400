#include "store/signup_readers.h"

#include <gtest/gtest.h>

#include "store/consent_retention.h"
#include "store/outbox.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class SignupReaders : public EachEngineVerbs {
  protected:
    SubscriberId reader(const std::string& name, const std::string& domain) {
        NewSubscriber made;
        made.address = made.address_key = name + "@" + domain;
        made.domain = domain;
        made.subject = (name + domain + std::string(16, '-')).substr(0, 16);
        made.salt = std::string(32, 's');
        made.locale = "en";
        made.created_at = now_;
        const SubscriberId id = *insert_subscriber(*db_, made);
        NewOutboxMail mail;
        mail.mail_from = "a@news.example";
        mail.rcpt_to = made.address;
        mail.now = now_;
        mail.not_after = now_ + std::chrono::hours(1);
        insert_outbox(*db_, mail);
        return id;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, SignupReaders, kEngines, engine_name);

TEST_P(SignupReaders, OfADomainOnlyThoseWhoConfirmedNothingAreFound) {
    const ListId list(1);
    set_pending(*db_, reader("new", "gone.example"), list, now_);
    const SubscriberId active = reader("active", "gone.example");
    set_active(*db_, active, list, now_);
    set_pending(*db_, active, ListId(2), now_);
    set_pending(*db_, reader("new", "there.example"), list, now_);
    const auto found = unconfirmed_readers_at(*db_, "gone.example", 10);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].address, "new@gone.example");
    delete_reader(*db_, found[0]);
    EXPECT_EQ(count_outbox_queued(*db_), 2);
    EXPECT_TRUE(unconfirmed_readers_at(*db_, "gone.example", 10).empty());
}

TEST_P(SignupReaders, ATagIsKept) {
    const SubscriberId id = reader("ann", "mail.example");
    tag_subscriber(*db_, id, "disposable");
    EXPECT_EQ(db_->first("SELECT tag FROM subscriber WHERE id = $1", {id})->text(0), "disposable");
}

}  // namespace
}  // namespace tocsin::store
