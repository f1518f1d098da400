// Consent as it is proved, signed and forgotten.
#include "audience/audience_fixture.h"
#include "model/checkpoint.h"
#include "model/merkle.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;

class ConsentOfReaders : public AudienceTest {
  protected:
    static Evidence seen() {
        Evidence out = evidence();
        out.ip = "192.0.2.7";
        out.user_agent = "a browser";
        out.form_id = "embed";
        out.embed_origin = "https://news.example";
        out.locale = "en";
        return out;
    }
    void ask(const std::string& address) {
        SignupRequest request;
        request.list = "breaking";
        request.address = address;
        request.evidence = seen();
        ASSERT_TRUE(finish(audience_->sign_up(request)));
    }
    std::int64_t origins() { return count("SELECT COUNT(*) FROM consent_origin"); }
    std::int64_t checkpoints() { return count("SELECT COUNT(*) FROM consent_checkpoint"); }
};

TEST_F(ConsentOfReaders, AProofHoldsEverythingAndVerifies) {
    settings_.consent.controller = "The Example Ltd, 1 Harbour Street";
    reopen();
    ASSERT_TRUE(finish(audience_->tidy()));
    ask("ann@paper.example");
    ask("bob@paper.example");
    const auto proof = finish(audience_->prove_consent(" Ann@paper.example "));
    ASSERT_TRUE(proof) << proof.error().message();
    const auto checkpoint = model::parse_checkpoint(proof->checkpoint.note, proof->key);
    ASSERT_TRUE(checkpoint);
    ASSERT_EQ(proof->entries.size(), 2U);
    for (const ProvedConsent& proved : proof->entries) {
        EXPECT_TRUE(model::verify_inclusion(
            model::consent_leaf(proved.entry), static_cast<std::uint64_t>(proved.entry.seq - 1),
            checkpoint->head.size, proved.path, checkpoint->head.root));
        EXPECT_EQ(model::consent_pii_commit(proof->salt, proof->address_key),
                  proved.entry.pii_commit);
        EXPECT_EQ(proved.controller, "The Example Ltd, 1 Harbour Street");
        EXPECT_EQ(proved.entry.list_name, "Breaking news");
    }
    EXPECT_EQ(proof->entries[0].detail.embed_origin, "https://news.example");
    EXPECT_TRUE(proof->entries[1].detail.message_id.ends_with("@news.example"));
    ASSERT_TRUE(proof->entries[0].origin);
    EXPECT_EQ(proof->entries[0].origin->ip, "192.0.2.7");
    EXPECT_EQ(finish(audience_->prove_consent("eve@paper.example")).error().kind(),
              ErrorKind::NotFound);
}

TEST_F(ConsentOfReaders, NetworkAddressesAreForgottenAfterNinetyDays) {
    subscribe("ann@paper.example");
    ask("bob@paper.example");
    EXPECT_EQ(origins(), 1);
    clock_.advance(hours(90 * 24 - 1));
    subscribe("bob@paper.example");
    ASSERT_TRUE(finish(audience_->tidy()));
    clock_.advance(hours(2));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(origins(), 0);
    EXPECT_TRUE(finish(audience_->verify_consent())->intact);
    EXPECT_EQ(finish(audience_->export_by_address("ann@paper.example", evidence()))->address,
              "ann@paper.example");
}

TEST_F(ConsentOfReaders, WhoNeverConfirmsIsErasedAfterAWeekWithTheMailAndTheDetails) {
    subscribe("ann@paper.example");
    for (int i = 0; i < 450; ++i) {  // more than one step
        ask(fmt::format("r{}@paper.example", i));
    }
    clock_.advance(hours(7 * 24 - 1));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_TRUE(known("r7@paper.example"));
    clock_.advance(hours(1) + Seconds(1));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE rcpt_to LIKE 'r%'"), 0);
    EXPECT_EQ(origins(), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'erased' AND "
                    "actor = 'system:unconfirmed'"),
              450);
    const auto verdict = finish(audience_->verify_consent());
    EXPECT_TRUE(verdict->intact) << verdict->problem;
    EXPECT_EQ(verdict->opened, 3);
    // They may come back: that was no objection.
    ask("r7@paper.example");
    EXPECT_TRUE(known("r7@paper.example"));
}

TEST_F(ConsentOfReaders, SignUpsOfADomainWithoutMailAreErasedWithAnEntry) {
    subscribe("ann@gone.example");
    for (int i = 0; i < 250; ++i) {  // more than one step
        ask(fmt::format("r{}@gone.example", i));
    }
    ask("bob@paper.example");
    EXPECT_EQ(*finish(audience_->forget_unconfirmed_at("gone.example")), 250);
    EXPECT_TRUE(known("ann@gone.example"));
    EXPECT_TRUE(known("bob@paper.example"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'erased' AND "
                    "actor = 'system:no_mail_domain'"),
              250);
    EXPECT_TRUE(finish(audience_->verify_consent())->intact);
}

TEST_F(ConsentOfReaders, ACheckpointIsSignedWhenDueAndMailedOnce) {
    settings_.consent.checkpoint_to = "auditor@witness.example";
    reopen();
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(checkpoints(), 0) << "nothing to sign";
    subscribe("ann@paper.example");
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(checkpoints(), 1);
    EXPECT_EQ(outbox().back().rcpt_to, "auditor@witness.example");
    const std::size_t mails = outbox().size();
    clock_.advance(hours(23));
    ask("bob@paper.example");
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(checkpoints(), 1) << "not yet";
    clock_.advance(hours(1));
    ASSERT_TRUE(finish(audience_->tidy()));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(checkpoints(), 2);
    EXPECT_EQ(outbox().size(), mails + 2);  // Bob's and the auditor's
    clock_.advance(hours(48));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_EQ(checkpoints(), 2) << "nothing new";
}

TEST_F(ConsentOfReaders, ACheckpointThatWasKeptTellsWhetherTheLedgerWasRewritten) {
    EXPECT_EQ(finish(audience_->checkpoint_consent()).error().kind(), ErrorKind::Conflict);
    subscribe("ann@paper.example");
    const auto kept = finish(audience_->checkpoint_consent());
    ASSERT_TRUE(kept);
    subscribe("bob@paper.example");
    const auto same = finish(audience_->compare_consent(kept->note));
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->consistent) << same->problem;
    EXPECT_EQ(same->first, 3);
    EXPECT_EQ(same->checkpoint.size, 6);
    EXPECT_EQ(finish(audience_->compare_consent("no note")).error().kind(), ErrorKind::Invalid);
    execute(
        "DELETE FROM consent_checkpoint; DELETE FROM consent_event; DELETE FROM consent_head; "
        "DELETE FROM consent_detail; DELETE FROM subscriber; DELETE FROM mail_budget");
    subscribe("eve@paper.example");
    const auto other = finish(audience_->compare_consent(kept->note));
    ASSERT_TRUE(other);
    EXPECT_FALSE(other->consistent);
    EXPECT_NE(other->problem.find("rewritten"), std::string::npos) << other->problem;
}

TEST_F(ConsentOfReaders, ALinkThatMayHaveBeenForwardedTakesNothingAway) {
    subscribe("ann@paper.example");
    clock_.advance(hours(48));
    const auto view =
        finish(audience_->unsubscribe_view(unsubscribe_token("ann@paper.example", news_)));
    ASSERT_TRUE(view);
    const std::string token = view->manage_url.substr(settings_.public_url.size() + 3);
    EXPECT_TRUE(finish(audience_->preferences(token)));
    const std::size_t mails = outbox().size();
    EXPECT_EQ(finish(audience_->export_subscriber(token, evidence())).error().kind(),
              ErrorKind::Unauthorized);
    EXPECT_EQ(finish(audience_->erase_subscriber(token, evidence())).error().kind(),
              ErrorKind::Unauthorized);
    EXPECT_TRUE(known("ann@paper.example"));
    ASSERT_EQ(outbox().size(), mails + 1) << "one link, within its budget";
    const std::string mailed = token_in(outbox().back().message, "/p/");
    EXPECT_TRUE(finish(audience_->export_subscriber(mailed, evidence())));
    EXPECT_TRUE(finish(audience_->erase_subscriber(mailed, evidence())));
    EXPECT_FALSE(known("ann@paper.example"));
}

}  // namespace
}  // namespace tocsin::audience
