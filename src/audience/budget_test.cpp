#include "audience/budget.h"

#include "audience/audience_fixture.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;

std::string inbox_of(std::string_view text) {
    const auto address = mail::Address::parse(text);
    return address ? inbox_key(*address) : address.error().message();
}

TEST(InboxKey, FoldsWhatArrivesInOneInbox) {
    EXPECT_EQ(inbox_of("Ann.Lee+news+1@paper.example"), "ann.lee@paper.example");
    EXPECT_EQ(inbox_of("A.n.n.Lee+x@GMail.com"), "annlee@gmail.com");
    EXPECT_EQ(inbox_of("ann.lee@googlemail.com"), "annlee@gmail.com");
    EXPECT_EQ(inbox_of("ann-lee_1@paper.example"), "ann-lee_1@paper.example");
    EXPECT_EQ(inbox_of("+1@paper.example"), "+1@paper.example");
}

class Budgets : public AudienceTest {};

TEST_F(Budgets, TagsAndDotsDoNotFillAnInbox) {
    for (int day = 0; day < 30; ++day) {
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(sign_up(fmt::format("victim+{}-{}@gmail.com", day, i)));
        }
        ASSERT_TRUE(sign_up("v.ictim@gmail.com"));
        ASSERT_TRUE(sign_up("vic.tim@googlemail.com"));
        EXPECT_EQ(count("SELECT COUNT(*) FROM outbox"), 3 * std::min(day + 1, 3));
        clock_.advance(hours(24));
    }
    // Nothing else is kept of the others, and the plain address has its own.
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 9);
    ASSERT_TRUE(sign_up("victim@gmail.com"));
    EXPECT_EQ(outbox().size(), 10U);
}

TEST_F(Budgets, AnInboxCanHaveSeveralReaders) {
    for (const char* who : {"ann+a@paper.example", "ann+b@paper.example", "ann+c@paper.example",
                            "ann@paper.example"}) {
        subscribe(who);
        ASSERT_TRUE(finish(audience_->request_manage_link(who)));
    }
    EXPECT_EQ(outbox().size(), 8U);
}

TEST_F(Budgets, LinksToAnInboxAreCountedTogether) {
    for (int i = 0; i < 6; ++i) {
        if (i % 3 == 0) {
            clock_.advance(hours(24));
        }
        subscribe(fmt::format("ann+{}@paper.example", i));
    }
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(finish(audience_->request_manage_link(fmt::format("ann+{}@paper.example", i))));
    }
    EXPECT_EQ(outbox().size(), 6U + 3U);
}

}  // namespace
}  // namespace tocsin::audience
