#include "app/clock_setter.h"

#include <gtest/gtest.h>

namespace tocsin::app {
namespace {

class ClockSetterTest : public testing::Test {
  protected:
    // The database is `ahead` of the machine; its answer takes so long, on the way there alone.
    void ask(Milliseconds ahead, Milliseconds there) {
        ClockReading reading;
        reading.asked = machine_.steady();
        machine_.advance(there);
        reading.database = machine_.now() + ahead;
        reading.answered = machine_.steady();
        setter_.take(reading);
    }
    Milliseconds ahead() const { return clock_.now() - machine_.now(); }

    FakeClock machine_;
    SharedClock clock_{machine_};
    ClockSetter setter_{clock_};
};

TEST_F(ClockSetterTest, HalfTheRoundTripIsTakenOff) {
    ask(Seconds(60), Milliseconds(2));
    EXPECT_EQ(ahead(), Seconds(60) + Milliseconds(1));
}

TEST_F(ClockSetterTest, ADoubtfulAnswerDoesNotSpoilAGoodOne) {
    ask(Seconds(60), Milliseconds(0));
    machine_.advance(Seconds(2));
    ask(Seconds(60), Milliseconds(300));
    EXPECT_EQ(ahead(), Seconds(60));
}

TEST_F(ClockSetterTest, ABetterAnswerIsTaken) {
    ask(Seconds(60), Milliseconds(300));
    EXPECT_EQ(ahead(), Seconds(60) + Milliseconds(150));
    machine_.advance(Seconds(2));
    ask(Seconds(60), Milliseconds(2));
    EXPECT_LE(ahead(), Seconds(60) + Milliseconds(150));
    machine_.advance(Seconds(2));  // a small step back is waited out
    EXPECT_EQ(ahead(), Seconds(60) + Milliseconds(1));
}

TEST_F(ClockSetterTest, AClockThatWasSetIsFollowedEvenByADoubtfulAnswer) {
    ask(Seconds(60), Milliseconds(0));
    machine_.advance(Seconds(2));
    ask(Seconds(-60), Milliseconds(300));
    EXPECT_EQ(ahead(), Seconds(-60) + Milliseconds(150));
}

TEST_F(ClockSetterTest, CertaintyWearsOff) {
    ask(Seconds(60), Milliseconds(0));
    machine_.advance(std::chrono::hours(3));
    ask(Seconds(60) + Milliseconds(300), Milliseconds(100));
    EXPECT_EQ(ahead(), Seconds(60) + Milliseconds(350));
}

}  // namespace
}  // namespace tocsin::app
