#include "base/clock.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

const Time kStart = from_ms(1'700'000'000'000);

TEST(SharedClock, IsTheMachinesUntilTheDatabaseWasAsked) {
    FakeClock machine(kStart);
    const SharedClock clock(machine);
    EXPECT_EQ(clock.now(), kStart);
    machine.advance(Milliseconds(1'500));
    EXPECT_EQ(clock.now(), kStart + Milliseconds(1'500));
    EXPECT_EQ(clock.steady(), machine.steady());
}

TEST(SharedClock, IsTheDatabasesFromThenOnHoweverTheMachinesClockIsSet) {
    FakeClock machine(kStart);
    SharedClock clock(machine);
    const Time database = kStart + Seconds(60);
    EXPECT_EQ(clock.anchor(database, machine.steady()), Seconds(60));
    EXPECT_EQ(clock.now(), database);
    machine.step_wall(Seconds(-3600));
    machine.advance(Seconds(2));
    EXPECT_EQ(clock.now(), database + Seconds(2));
    EXPECT_EQ(clock.machine_now(), kStart - Seconds(3598));
}

TEST(SharedClock, CountsFromTheMomentTheDatabaseAnswered) {
    FakeClock machine(kStart);
    SharedClock clock(machine);
    const SteadyTime asked = machine.steady();
    machine.advance(Milliseconds(300));
    clock.anchor(kStart, asked + Milliseconds(150));
    EXPECT_EQ(clock.now(), kStart + Milliseconds(150));
}

TEST(SharedClock, StandsStillRatherThanGoBackALittle) {
    FakeClock machine(kStart);
    SharedClock clock(machine);
    clock.anchor(kStart, machine.steady());
    EXPECT_EQ(clock.now(), kStart);
    EXPECT_EQ(clock.anchor(kStart - Milliseconds(400), machine.steady()), Milliseconds(-400));
    EXPECT_EQ(clock.now(), kStart);
    machine.advance(Milliseconds(300));
    EXPECT_EQ(clock.now(), kStart);
    machine.advance(Milliseconds(300));
    EXPECT_EQ(clock.now(), kStart + Milliseconds(200));
}

TEST(SharedClock, FollowsALargeCorrectionAtOnce) {
    FakeClock machine(kStart);
    SharedClock clock(machine);
    EXPECT_EQ(clock.now(), kStart);
    EXPECT_EQ(clock.anchor(kStart - Seconds(60), machine.steady()), Seconds(-60));
    EXPECT_EQ(clock.now(), kStart - Seconds(60));
    machine.advance(Milliseconds(1));
    EXPECT_EQ(clock.now(), kStart - Seconds(60) + Milliseconds(1));
}

TEST(SharedClock, NeverGoesBackForAThreadThatAsksAgain) {
    const SystemClock machine;
    SharedClock clock(machine);
    std::vector<std::thread> threads;
    std::atomic<int> steps_back{0};
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&clock, &steps_back] {
            Time last = clock.now();
            for (int n = 0; n < 2'000; ++n) {
                const Time now = clock.now();
                steps_back += now < last ? 1 : 0;
                last = now;
            }
        });
    }
    for (int n = 0; n < 100; ++n) {
        clock.anchor(machine.now() - Milliseconds(n % 2 == 0 ? 0 : 300), machine.steady());
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(steps_back, 0);
}

}  // namespace
}  // namespace tocsin
