#include <filesystem>
#include <fstream>

#include "audience/audience_fixture.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "store/alerts.h"
#include "store/signup_readers.h"
#include "store/terms.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;

class Readers : public AudienceTest {
  protected:
    // Everything that is on the disk.
    std::string all_bytes() {
        std::string bytes;
        const std::filesystem::path folder = std::filesystem::path(folder_.file("x")).parent_path();
        for (const auto& file : std::filesystem::directory_iterator(folder)) {
            std::ifstream in(file.path(), std::ios::binary);
            bytes.append(std::istreambuf_iterator<char>(in), {});
        }
        return bytes;
    }
};

TEST_F(Readers, AnExportIsComplete) {
    subscribe("Ann@paper.example", "breaking", Marketing::Granted);
    const auto exported =
        finish(audience_->export_subscriber(manage_token("ann@paper.example"), evidence()));
    ASSERT_TRUE(exported);
    EXPECT_EQ(exported->address, "Ann@paper.example");
    EXPECT_EQ(exported->locale, "en");
    ASSERT_EQ(exported->subscriptions.size(), 1U);
    EXPECT_EQ(exported->subscriptions[0].list_slug, "breaking");
    EXPECT_EQ(exported->subscriptions[0].state, "active");
    ASSERT_EQ(exported->purposes.size(), 1U);
    EXPECT_TRUE(exported->purposes[0].granted);
    ASSERT_EQ(exported->consent.size(), 6U);
    EXPECT_EQ(exported->consent[0].wording, evidence().wording);
    EXPECT_EQ(exported->consent[5].entry.type, "exported");
    EXPECT_FALSE(exported->suppressed);
}

TEST_F(Readers, AnExportTellsTermsStoriesDigestsAndMails) {
    subscribe("ann@paper.example");
    const SubscriberId ann = record("ann@paper.example").id;
    const Time now = clock_.now();
    EXPECT_FALSE(record("ann@paper.example").terms);  // never chose any
    std::vector<AlertId> alerts;
    ASSERT_TRUE(store_->run([&](store::Database& db) -> Status {
        for (const char* headline : {"Muted", "Waits", "Was in a digest", "Went at once"}) {
            model::AlertContent content;
            content.headline = headline;
            content.lists = {news_};
            content.nonce = std::string(32, '0');
            alerts.push_back(store::insert_alert(db, {content, "ann", now}));
        }
        store::set_terms(db, ann, {"Europe/Paris", 3, 18 * 60, model::QuietHours{1320, 390}});
        store::set_frequency(db, ann, news_, model::Frequency::Biggest);
        store::set_muted(db, ann, alerts[0], store::Mute::On, now);
        store::hold_alerts(db, {{ann, alerts[1], news_, now + hours(3)}});
        store::note_digest(db, {{ann, alerts[2], news_, now}}, OutboxId(7), now);
        store::note_sent(db, ann, 20'000, alerts[3]);
        store::tag_subscriber(db, ann, "disposable");
        return {};
    }));
    const auto shown = finish(audience_->export_by_address("ann@paper.example", evidence()));
    ASSERT_TRUE(shown);
    ASSERT_TRUE(shown->terms);
    EXPECT_EQ(shown->terms->zone, "Europe/Paris");
    EXPECT_EQ(shown->subscriptions.at(0).frequency, model::Frequency::Biggest);
    const auto expect_one = [](const std::vector<ReaderAlert>& told, std::string_view headline,
                               std::string_view list, Time at) {
        ASSERT_EQ(told.size(), 1U) << headline;
        EXPECT_EQ(told[0].headline, headline);
        EXPECT_EQ(told[0].list_slug, list);
        EXPECT_EQ(told[0].at, at);
    };
    expect_one(shown->muted, "Muted", "", now);
    expect_one(shown->waiting, "Waits", "breaking", now + hours(3));
    expect_one(shown->in_digests, "Was in a digest", "breaking", now);
    expect_one(shown->counted, "Went at once", "", Time(std::chrono::days(20'000)));
    EXPECT_EQ(shown->tag, "disposable");
    ASSERT_EQ(shown->mails.size(), 1U);  // the confirmation
    EXPECT_EQ(shown->mails[0].state, "queued");
    ASSERT_EQ(shown->budgets.size(), 2U);
    EXPECT_EQ(shown->budgets[0].kind, "confirm");
    EXPECT_EQ(shown->budgets[0].sent, std::vector<Time>{now});
    EXPECT_TRUE(shown->budgets[1].sent.empty());
    subscribe("ann+news@paper.example");
    const auto budgets = record("ann+news@paper.example").budgets;
    ASSERT_EQ(budgets.size(), 8U);  // of each kind the address's own and three of the inbox
    EXPECT_EQ(budgets[1].kind, "confirm, inbox");
}

TEST_F(Readers, ShowingRecordsNothing) {
    subscribe("ann@paper.example");
    const std::int64_t before = count("SELECT COUNT(*) FROM consent_event");
    EXPECT_TRUE(finish(audience_->show_by_address(" ANN@paper.example ")));
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event"), before);
    EXPECT_EQ(finish(audience_->show_by_address("bob@paper.example")).error().kind(),
              ErrorKind::NotFound);
    EXPECT_EQ(finish(audience_->show_by_address("not an address")).error().kind(),
              ErrorKind::Invalid);
}

TEST_F(Readers, ErasingLeavesNoTraceOfTheAddressInAnyFile) {
    // Enough readers for pages to be split and merged; some with mails of their own.
    const auto address = [](int i) { return fmt::format("reader-{}-x@paper.example", i); };
    std::vector<ImportRow> rows(900);
    for (int i = 0; i < 900; i += 30) {
        subscribe(address(i));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].address = address(static_cast<int>(i));
    }
    const auto job = finish(audience_->start_import({sha256("file"), "breaking", "old list"}));
    ASSERT_TRUE(finish(audience_->import_rows(job->job, 0, rows)));
    for (int i = 0; i < 900; i += 15) {
        const SubscriberId id = record(address(i)).id;
        ASSERT_TRUE(finish(audience_->erase_subscriber(manage_token(address(i)), evidence())));
        EXPECT_EQ(left_.back(), (Leave{id, std::nullopt}));
    }
    EXPECT_FALSE(known(address(0)));
    EXPECT_TRUE(*finish(audience_->is_suppressed(address(0))));
    const std::string bytes = all_bytes();
    for (int i = 0; i < 900; ++i) {
        const bool found = bytes.find(fmt::format("reader-{}-x@", i)) != bytes.npos;
        EXPECT_EQ(found, i % 15 != 0) << i;
    }
    const auto verdict = finish(audience_->verify_consent());
    EXPECT_TRUE(verdict->intact) << verdict->problem;
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'erased'"), 60);
}

TEST_F(Readers, OtherReadersProofsSurviveAnErasure) {
    subscribe("ann@paper.example");
    clock_.advance(hours(24));
    subscribe("bob@paper.example");
    ASSERT_TRUE(finish(audience_->erase_by_address("ann@paper.example", evidence())));
    const auto bob = record("bob@paper.example");
    ASSERT_EQ(bob.consent.size(), 3U);
    // The commitment opens with Bob's salt and key.
    const bool opens = *store_->run([&](store::Database& db) -> Result<bool> {
        const auto row = store::find_subscriber_by_key(db, "bob@paper.example");
        return model::consent_pii_commit(row->salt, row->address_key) ==
               bob.consent[0].entry.pii_commit;
    });
    EXPECT_TRUE(opens);
}

TEST_F(Readers, AnErasedReaderIsNotMailedOrImportedAgain) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(finish(audience_->erase_by_address("ann@paper.example", evidence())));
    EXPECT_TRUE(outbox().empty());  // nor is the mail that was on its way kept
    clock_.advance(hours(48));
    ASSERT_TRUE(sign_up("ann@paper.example"));
    EXPECT_TRUE(outbox().empty());
}

TEST_F(Readers, ErasingFindsMailsThatOtherSpellingsAskedFor) {
    subscribe("Ann.Lee@paper.example");
    ASSERT_TRUE(finish(audience_->request_manage_link("ann.lee@paper.example")));
    clock_.advance(hours(24));
    ASSERT_TRUE(sign_up("ANN.LEE@paper.example", "sport"));
    const auto mails = outbox();
    ASSERT_EQ(mails.size(), 3U);
    for (const store::OutboxMail& mail : mails) {
        EXPECT_EQ(mail.rcpt_to, "Ann.Lee@paper.example");
    }
    ASSERT_TRUE(finish(audience_->erase_by_address("ann.LEE@paper.example", evidence())));
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(ascii_lower(all_bytes()).find("ann.lee@"), std::string::npos);
}

TEST_F(Readers, ErasingIsOneTransactionWithWhatOthersHold) {
    subscribe("ann@paper.example");
    hooks_.on_erase = [](store::Database&, SubscriberId, const std::string& address) -> Status {
        EXPECT_EQ(address, "ann@paper.example");
        return io_error("delivery could not");
    };
    reopen();
    EXPECT_EQ(finish(audience_->erase_by_address("ann@paper.example", evidence())).error().kind(),
              ErrorKind::Io);
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_FALSE(*finish(audience_->is_suppressed("ann@paper.example")));
    EXPECT_TRUE(left_.empty());
}

TEST_F(Readers, SuppressionStopsAndLiftingBringsBack) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(
        finish(audience_->suppress("Ann@paper.example", SuppressionReason::Bounced, evidence())));
    EXPECT_TRUE(record("ann@paper.example").suppressed);
    EXPECT_EQ(record("ann@paper.example").suppression_reason, "bounced");
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_EQ(left_.size(), 1U);
    ASSERT_TRUE(finish(audience_->lift_suppression("ann@paper.example")));
    EXPECT_FALSE(record("ann@paper.example").suppressed);
    EXPECT_EQ(finish(audience_->lift_suppression("ann@paper.example")).error().kind(),
              ErrorKind::NotFound);
}

TEST_F(Readers, AComplaintLeavesAllLists) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(finish(
        audience_->suppress("ann@paper.example", SuppressionReason::Complained, evidence())));
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(events("ann@paper.example").back(), "withdrawn alerts breaking");
}

TEST_F(Readers, ListsAreCheckedAndCounted) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(sign_up("bob@paper.example"));
    const auto list = finish(audience_->show_list("breaking"));
    ASSERT_TRUE(list);
    EXPECT_EQ(list->active, 1);
    EXPECT_EQ(list->pending, 1);
    EXPECT_EQ(list->left, 0);
    EXPECT_EQ(finish(audience_->show_lists())->size(), 2U);
    EXPECT_EQ(finish(audience_->show_list("nope")).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(finish(audience_->create_list({"breaking", "B", ""})).error().kind(),
              ErrorKind::Conflict);
    for (const char* slug : {"", "-a", "a-", "A", "a b", "a/b", "\xc3\xa4"}) {
        EXPECT_EQ(finish(audience_->create_list({slug, "Name", ""})).error().kind(),
                  ErrorKind::Invalid)
            << slug;
    }
    EXPECT_FALSE(finish(audience_->create_list({std::string(65, 'a'), "Name", ""})));
    EXPECT_FALSE(finish(audience_->create_list({"a", "  ", ""})));
    EXPECT_FALSE(finish(audience_->create_list({"a", "Bcc: x\r\nX: y", ""})));
    EXPECT_FALSE(finish(audience_->create_list({"a", "\xff", ""})));
}

class VerifyConsent : public AudienceTest {
  protected:
    void SetUp() override {
        for (int i = 0; i < 10; ++i) {
            subscribe(fmt::format("r{}@paper.example", i));
        }
        const auto verdict = finish(audience_->verify_consent());
        ASSERT_TRUE(verdict);
        EXPECT_TRUE(verdict->intact);
        EXPECT_EQ(verdict->entries, 30);
    }
    std::int64_t first_bad() {
        const auto verdict = finish(audience_->verify_consent());
        return verdict && !verdict->intact ? verdict->bad_seq : 0;
    }
};

TEST_F(VerifyConsent, NamesAnEntryThatWasChanged) {
    execute("UPDATE consent_event SET type = 'withdrawn' WHERE seq = 17");
    EXPECT_EQ(first_bad(), 17);
}

TEST_F(VerifyConsent, NamesAnEntryThatWasDeleted) {
    execute("DELETE FROM consent_event WHERE seq = 5");
    EXPECT_EQ(first_bad(), 5);
}

TEST_F(VerifyConsent, NamesTheFirstOfTheTailThatWasCutOff) {
    execute("DELETE FROM consent_event WHERE seq > 21");
    EXPECT_EQ(first_bad(), 22);
}

TEST_F(VerifyConsent, AnEmptyChainIsIntact) {
    execute("DELETE FROM consent_event; DELETE FROM consent_head");
    EXPECT_EQ(first_bad(), 0);
}

TEST_F(VerifyConsent, WalksMoreThanOnePage) {
    ASSERT_TRUE(store_->run([](store::Database& db) -> Status {
        store::NewConsent event;
        event.subject = std::string(16, 's');
        event.pii_commit = std::string(32, 'p');
        event.at = from_ms(1);
        store::append_consent(db, std::vector<store::NewConsent>(5'000, event));
        return {};
    }));
    EXPECT_EQ(finish(audience_->verify_consent())->entries, 5'030);
    execute("UPDATE consent_event SET at = at + 1 WHERE seq = 4321");
    EXPECT_EQ(first_bad(), 4321);
}

}  // namespace
}  // namespace tocsin::audience
