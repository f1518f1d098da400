#include "alerts/alerts.h"

#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "alerts/transitions.h"
#include "base/bytes.h"
#include "mail/message.h"
#include "mail/template.h"
#include "mail/token.h"
#include "store/temp_folder.h"

namespace tocsin::alerts {
namespace {

using model::AlertKind;
using model::AlertState;

model::Actor editor(std::string name) {
    return model::Actor{std::move(name), model::role_permissions(model::Role::Editor, 2)};
}

mail::Templates test_templates() {
    Result<mail::Templates> templates = mail::Templates::load();
    EXPECT_TRUE(templates) << templates.error().message();
    return std::move(*templates);
}

// An Alerts over an empty database with one list, and delivery played by counters.
class AlertsTest : public testing::Test {
  protected:
    AlertsTest() : templates_(test_templates()) {
        auto store = store::Store::open(folder_.url(), clock_);
        EXPECT_TRUE(store);
        store_ = std::move(*store);
        const auto fill = [](store::Database& db) -> Status {
            db.script(
                "INSERT INTO list (slug, name, description, created_at) "
                "VALUES ('breaking', 'Breaking news', '', 0)");
            return {};
        };
        EXPECT_TRUE(store_->run(fill));
        settings_.site_name = "The Example";
        settings_.public_url = "https://news.example";
        settings_.from_name = "The Example";
        settings_.from_address = "alerts@news.example";
        settings_.message_id_domain = "news.example";
        settings_.unsubscribe_mailto = "mailto:leave@news.example?subject=";
        make(1);
    }

    void make(int people_required) {
        settings_.approval.people_required = people_required;
        AlertHooks hooks;
        hooks.freeze = [this](store::Database&, const AudienceOrder& order) {
            frozen_.push_back(order);
            return Result<std::uint64_t>(audience_);
        };
        hooks.prepare = [this](const AudienceOrder&) { ready_ += "begun "; };
        hooks.prepared = [this](const AudienceOrder& order) -> Task<void> {
            ready_ += order.lists == std::vector{ListId(1)} && frozen_.empty() ? "awaited " : "? ";
            return sleep_for(Milliseconds(0));
        };
        hooks.released = [this](AlertId id) { released_.push_back(id); };
        hooks.stop_now = [this](AlertId id) { stopped_.push_back(id); };
        alerts_ = std::make_unique<Alerts>(*store_, clock_, random_, templates_, settings_, hooks);
    }

    template <class T>
    T wait(Task<T> task) {
        boost::asio::io_context io;
        auto future = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
        io.run();
        return future.get();
    }

    AlertDraft draft() const {
        AlertDraft draft;
        draft.headline = "Fire at the port";
        draft.summary = "A fire broke out at 06:35 in Rotterdam.";
        draft.url = "https://news.example/fire";
        draft.lists = {ListId(1)};
        return draft;
    }

    AlertView created(const AlertDraft& with) {
        Result<AlertView> view = wait(alerts_->create(editor("ann"), with));
        EXPECT_TRUE(view) << view.error().message();
        return *view;
    }
    AlertId released() {
        const AlertView view = created(draft());
        const AlertId id = view.full.alert.id;
        EXPECT_TRUE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
        EXPECT_TRUE(wait(alerts_->release(editor("ben"), id, view.full.revision.hash)));
        return id;
    }

    FakeClock clock_;
    SeededRandom random_{42};
    mail::Templates templates_;
    store::TempFolder folder_;
    std::unique_ptr<store::Store> store_;
    AlertsSettings settings_;
    std::unique_ptr<Alerts> alerts_;
    std::uint64_t audience_ = 3;
    std::vector<AudienceOrder> frozen_;
    std::string ready_;
    std::vector<AlertId> released_, stopped_;
};

TEST_F(AlertsTest, IsWrittenApprovedReleasedAndStopped) {
    const AlertView view = created(draft());
    EXPECT_EQ(view.full.alert.slug, "fire-at-the-port");
    EXPECT_EQ(view.full.alert.state, AlertState::Draft);
    const std::string hash = view.full.revision.hash;
    const AlertId id = view.full.alert.id;
    EXPECT_EQ(wait(alerts_->release(editor("ann"), id, hash)).error().kind(), ErrorKind::Conflict);
    const auto approved = wait(alerts_->approve(editor("ben"), id, hash));
    ASSERT_TRUE(approved) << approved.error().message();
    EXPECT_EQ(approved->full.alert.state, AlertState::Approved);
    EXPECT_EQ(approved->approvals.given.at(0).approved_by, "ben");
    ASSERT_TRUE(approved->full.revision.compiled);

    clock_.advance(Milliseconds(60'000));
    const auto sent = wait(alerts_->release(editor("ben"), id, hash));
    ASSERT_TRUE(sent) << sent.error().message();
    EXPECT_EQ(sent->audience, 3U);
    EXPECT_EQ(sent->view.full.alert.state, AlertState::Released);
    EXPECT_EQ(*sent->view.full.alert.not_after, clock_.now() + model::kNotAfterDefault);
    EXPECT_EQ(released_, std::vector{id});
    const auto message = mail::MessageTemplate::decode(*sent->view.full.revision.compiled);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->date(), clock_.now());

    const auto stopped = wait(alerts_->stop(editor("ann"), id));
    ASSERT_TRUE(stopped);
    EXPECT_EQ(stopped->full.alert.state, AlertState::Stopped);
    EXPECT_EQ(stopped_, std::vector{id});
    EXPECT_TRUE(wait(alerts_->stop(editor("ann"), id)));  // twice is once
}

TEST_F(AlertsTest, TheMailNamesItsListAndTheWaysOut) {
    const AlertId id = released();
    const auto view = wait(alerts_->find(id));
    const auto message = mail::MessageTemplate::decode(*view->full.revision.compiled);
    ASSERT_TRUE(message);
    mail::MessageComposer composer(*message, nullptr);
    const std::string token(mail::kTokenChars, 't');
    std::string out;
    const mail::Recipient reader{"ann@example.net", "1.ab@news.example", token, token};
    ASSERT_TRUE(composer.compose(reader, out));
    EXPECT_NE(out.find("List-Id: Breaking news <breaking.news.example>"), std::string::npos) << out;
    EXPECT_NE(out.find("https://news.example/u/" + token), std::string::npos);
    EXPECT_NE(out.find("mailto:leave@news.example?subject="), std::string::npos) << out;
    EXPECT_NE(out.find("Subject: Fire at the port\r\n"), std::string::npos);
}

TEST_F(AlertsTest, ReleasingTwiceIsOneRelease) {
    const AlertId id = released();
    const auto view = wait(alerts_->find(id));
    const auto again = wait(alerts_->release(editor("ann"), id, view->full.revision.hash));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->again);
    EXPECT_EQ(frozen_.size(), 1U);
    EXPECT_EQ(released_.size(), 1U);
}

TEST_F(AlertsTest, TheAudienceIsMadeReadyBeforeTheRelease) {
    released();  // written, approved, released
    EXPECT_EQ(ready_, "begun begun awaited ");
}

TEST_F(AlertsTest, AnEditVoidsTheApproval) {
    const AlertView view = created(draft());
    const AlertId id = view.full.alert.id;
    ASSERT_TRUE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
    AlertDraft changed = draft();
    changed.headline = "Fire at the harbour";
    const auto edited = wait(alerts_->revise(editor("ann"), id, view.full.revision.hash, changed));
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->full.alert.state, AlertState::Draft);
    EXPECT_TRUE(edited->approvals.given.empty());
    for (const std::string& hash : {view.full.revision.hash, edited->full.revision.hash}) {
        EXPECT_EQ(wait(alerts_->release(editor("ben"), id, hash)).error().kind(),
                  ErrorKind::Conflict);
    }
    // Who looked at the old text cannot approve the new one, nor overwrite it.
    EXPECT_FALSE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
    EXPECT_FALSE(wait(alerts_->revise(editor("cy"), id, view.full.revision.hash, changed)));
}

TEST_F(AlertsTest, EvenTheSameTextAgainIsAnotherRevision) {
    const AlertView view = created(draft());
    const auto same =
        wait(alerts_->revise(editor("ann"), view.full.alert.id, view.full.revision.hash, draft()));
    ASSERT_TRUE(same);
    EXPECT_NE(same->full.revision.hash, view.full.revision.hash);
}

TEST_F(AlertsTest, AnEmptyAudienceUndoesTheRelease) {
    const AlertView view = created(draft());
    const AlertId id = view.full.alert.id;
    ASSERT_TRUE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
    audience_ = 0;
    EXPECT_FALSE(wait(alerts_->release(editor("ben"), id, view.full.revision.hash)));
    EXPECT_TRUE(released_.empty());
    EXPECT_EQ(wait(alerts_->find(id))->full.alert.state, AlertState::Approved);
}

TEST_F(AlertsTest, AnAlertToNoListIsRefused) {
    AlertDraft nowhere = draft();
    nowhere.lists.clear();
    const AlertView view = created(nowhere);
    EXPECT_EQ(wait(alerts_->approve(editor("ben"), view.full.alert.id, view.full.revision.hash))
                  .error()
                  .kind(),
              ErrorKind::Invalid);
    nowhere.lists = {ListId(99)};
    EXPECT_EQ(wait(alerts_->create(editor("ann"), nowhere)).error().kind(), ErrorKind::NotFound);
}

TEST_F(AlertsTest, WithTwoPeopleTheAuthorCannotApprove) {
    make(2);
    const AlertView view = created(draft());
    const AlertId id = view.full.alert.id;
    EXPECT_EQ(wait(alerts_->approve(editor("ann"), id, view.full.revision.hash)).error().kind(),
              ErrorKind::Forbidden);
    EXPECT_TRUE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
    EXPECT_TRUE(wait(alerts_->release(editor("ann"), id, view.full.revision.hash)));
}

TEST_F(AlertsTest, WithThreePeopleTwoOthersMustApprove) {
    make(3);
    const AlertView view = created(draft());
    const AlertId id = view.full.alert.id;
    const std::string hash = view.full.revision.hash;
    ASSERT_TRUE(wait(alerts_->approve(editor("ben"), id, hash)));
    ASSERT_TRUE(wait(alerts_->approve(editor("ben"), id, hash)));  // twice is one
    EXPECT_FALSE(wait(alerts_->release(editor("ben"), id, hash)));
    ASSERT_TRUE(wait(alerts_->approve(editor("cy"), id, hash)));
    EXPECT_TRUE(wait(alerts_->release(editor("ben"), id, hash)));
}

TEST_F(AlertsTest, ACorrectionStopsItsOriginalAndGoesToThoseReached) {
    const AlertId original = released();
    AlertDraft correction = draft();
    correction.kind = AlertKind::Correction;
    correction.of = original;
    correction.headline = "Nobody was hurt";
    correction.lists.clear();
    const AlertView view = created(correction);
    EXPECT_EQ(view.full.content.lists, std::vector{ListId(1)});
    const AlertId id = view.full.alert.id;
    ASSERT_TRUE(wait(alerts_->approve(editor("ben"), id, view.full.revision.hash)));
    EXPECT_TRUE(stopped_.empty());
    ASSERT_TRUE(wait(alerts_->release(editor("ben"), id, view.full.revision.hash)));
    EXPECT_EQ(stopped_, std::vector{original});
    EXPECT_EQ(wait(alerts_->find(original))->full.alert.state, AlertState::Stopped);
    EXPECT_EQ(frozen_.back().of, original);
    EXPECT_EQ(frozen_.back().kind, AlertKind::Correction);
}

TEST_F(AlertsTest, ACorrectionNeedsAReleasedOriginal) {
    const AlertView unsent = created(draft());
    AlertDraft correction = draft();
    correction.kind = AlertKind::Correction;
    correction.of = unsent.full.alert.id;
    EXPECT_EQ(wait(alerts_->create(editor("ann"), correction)).error().kind(), ErrorKind::Conflict);
    correction.of = AlertId(99);
    EXPECT_EQ(wait(alerts_->create(editor("ann"), correction)).error().kind(), ErrorKind::NotFound);
}

IdempotencyKey key(std::string text, std::string request) {
    IdempotencyKey key;
    key.scope = "operator";
    key.key = std::move(text);
    key.request_hash = std::move(request);
    key.answer = [](const Released& released) {
        return std::to_string(released.view.full.alert.id.value());
    };
    return key;
}

TEST_F(AlertsTest, TheSameKeyTwiceIsOneAlert) {
    const auto first = wait(alerts_->send(model::operator_actor(), draft(), key("k1", "r1")));
    ASSERT_TRUE(first) << first.error().message();
    const auto again = wait(alerts_->send(model::operator_actor(), draft(), key("k1", "r1")));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->again);
    EXPECT_EQ(again->kept_answer, std::to_string(first->view.full.alert.id.value()));
    EXPECT_EQ(released_.size(), 1U);
    const auto other = wait(alerts_->send(model::operator_actor(), draft(), key("k1", "r2")));
    EXPECT_EQ(other.error().kind(), ErrorKind::Conflict);
    EXPECT_TRUE(wait(alerts_->send(model::operator_actor(), draft(), key("k2", "r1"))));
    EXPECT_EQ(released_.size(), 2U);
}

TEST_F(AlertsTest, AFailedSendDoesNotUseUpItsKey) {
    audience_ = 0;
    EXPECT_FALSE(wait(alerts_->send(model::operator_actor(), draft(), key("k1", "r1"))));
    EXPECT_TRUE(wait(alerts_->recent(AlertId(), 10))->empty());
    audience_ = 1;
    EXPECT_TRUE(wait(alerts_->send(model::operator_actor(), draft(), key("k1", "r1"))));
}

TEST_F(AlertsTest, OnlyWhoMayAutomateSendsInOneStep) {
    EXPECT_EQ(wait(alerts_->send(editor("ann"), draft(), {})).error().kind(), ErrorKind::Forbidden);
    const model::Actor writer{"w", model::role_permissions(model::Role::Writer, 1)};
    const AlertView view = created(draft());
    EXPECT_EQ(
        wait(alerts_->approve(writer, view.full.alert.id, view.full.revision.hash)).error().kind(),
        ErrorKind::Forbidden);
    EXPECT_EQ(wait(alerts_->stop(writer, view.full.alert.id)).error().kind(), ErrorKind::Forbidden);
}

TEST_F(AlertsTest, PreviewShowsWhatApprovalWouldRefuse) {
    AlertDraft holes;
    holes.headline = "Fire";
    const auto preview = wait(alerts_->preview(holes, "fire"));
    ASSERT_TRUE(preview) << preview.error().message();
    EXPECT_EQ(preview->subject, "Fire");
    ASSERT_EQ(preview->problems.size(), 2U);
    EXPECT_EQ(preview->problems[0].field, "summary");
    EXPECT_EQ(preview->problems[1].field, "lists");
}

// Every sequence of moves by three people, breadth first, up to a depth: states that look alike are
// walked on from once. Whatever the order, what is released was approved, as it is, by enough
// others.
class AlertSearch : public AlertsTest {
  protected:
    enum class Move { Edit, Approve, Cancel, Release, Stop };
    struct Step {
        Move move;
        std::string who;
        bool newest = true;  // acts on the newest text, or on the first one
    };

    void apply(AlertId id, const Step& step, const std::string& first_hash) {
        const auto now = wait(alerts_->find(id));
        const std::string seen = step.newest ? now->full.revision.hash : first_hash;
        switch (step.move) {
            case Move::Edit:
                (void)wait(alerts_->revise(editor(step.who), id, seen, draft()));
                break;
            case Move::Approve:
                (void)wait(alerts_->approve(editor(step.who), id, seen));
                break;
            case Move::Cancel:
                (void)wait(alerts_->cancel_approval(editor(step.who), id));
                break;
            case Move::Release:
                (void)wait(alerts_->release(editor(step.who), id, seen));
                break;
            case Move::Stop:
                (void)wait(alerts_->stop(editor(step.who), id));
                break;
        }
    }

    // What matters for what can happen next.
    std::string shape(const AlertView& view) {
        std::string out = std::string(model::to_string(view.full.alert.state)) + "|" +
                          view.full.revision.created_by + "|" +
                          (view.full.revision.number == 1 ? "first" : "later");
        std::set<std::string> names;
        for (const store::ApprovalRow& approval : view.approvals.given) {
            names.insert(approval.approved_by);
        }
        for (const std::string& name : names) {
            out += "|" + name;
        }
        return out;
    }

    void check(const AlertView& view) {
        if (!model::was_released(view.full.alert.state)) {
            return;
        }
        std::set<std::string> others;
        for (const store::ApprovalRow& approval : view.approvals.given) {
            EXPECT_EQ(hex_encode(approval.hash), hex_encode(view.full.revision.hash));
            if (approval.approved_by != view.full.revision.created_by) {
                others.insert(approval.approved_by);
            }
        }
        EXPECT_GE(static_cast<int>(others.size()), settings_.approval.approvals_needed());
        EXPECT_TRUE(view.full.revision.compiled);
    }

    std::size_t search(std::size_t depth) {
        std::vector<Step> steps;
        for (const std::string who : {"ann", "ben", "cy"}) {
            for (const Move move : {Move::Edit, Move::Approve, Move::Release}) {
                steps.push_back(Step{move, who, true});
                steps.push_back(Step{move, who, false});
            }
        }
        steps.push_back(Step{Move::Cancel, "ann", true});
        steps.push_back(Step{Move::Stop, "ben", true});
        std::vector<std::vector<Step>> edge = {{}};
        std::set<std::string> seen;
        for (std::size_t level = 0; level < depth; ++level) {
            std::vector<std::vector<Step>> next;
            for (const std::vector<Step>& path : edge) {
                for (const Step& step : steps) {
                    std::vector<Step> longer = path;
                    longer.push_back(step);
                    if (seen.insert(walk(longer)).second) {
                        next.push_back(std::move(longer));
                    }
                }
            }
            edge = std::move(next);
        }
        return seen.size();
    }

    std::string walk(const std::vector<Step>& path) {
        const AlertView start = created(draft());
        for (const Step& step : path) {
            apply(start.full.alert.id, step, start.full.revision.hash);
        }
        const auto end = wait(alerts_->find(start.full.alert.id));
        check(*end);
        return shape(*end);
    }
};

TEST_F(AlertSearch, NothingIsReleasedThatTwoPeopleDidNotStandBehind) {
    make(2);
    EXPECT_GT(search(8), 20U);
    EXPECT_FALSE(released_.empty());
}

TEST_F(AlertSearch, NothingIsReleasedThatThreePeopleDidNotStandBehind) {
    make(3);
    EXPECT_GT(search(8), 20U);
    EXPECT_FALSE(released_.empty());
}

}  // namespace
}  // namespace tocsin::alerts
