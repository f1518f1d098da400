#include "net/mx_memory.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace tocsin::net {
namespace {

const auto kOne = boost::asio::ip::make_address("192.0.2.1");
const auto kOther = boost::asio::ip::make_address("2001:db8::1");

TEST(MxMemory, ADeadAddressIsRememberedForMinutes) {
    FakeClock clock;
    MxMemory memory(clock);
    EXPECT_FALSE(memory.is_dead(kOne, 25));
    memory.address_failed(kOne, 25);
    EXPECT_TRUE(memory.is_dead(kOne, 25));
    EXPECT_FALSE(memory.is_dead(kOne, 26));
    EXPECT_FALSE(memory.is_dead(kOther, 25));
    clock.advance(limits::kMxDeadAddressTime);
    EXPECT_FALSE(memory.is_dead(kOne, 25));
}

TEST(MxMemory, WhatWorksAgainIsForgotten) {
    FakeClock clock;
    MxMemory memory(clock);
    memory.address_failed(kOther, 25);
    memory.address_worked(kOther, 25);
    EXPECT_FALSE(memory.is_dead(kOther, 25));
    memory.tls_failed("mx.example.net");
    memory.tls_worked("mx.example.net");
    EXPECT_FALSE(memory.tls_is_broken("mx.example.net"));
}

TEST(MxMemory, BrokenTlsIsRememberedForDays) {
    FakeClock clock;
    MxMemory memory(clock);
    memory.tls_failed("mx.example.net");
    clock.advance(std::chrono::hours(71));
    EXPECT_TRUE(memory.tls_is_broken("mx.example.net"));
    EXPECT_FALSE(memory.tls_is_broken("mx2.example.net"));
    clock.advance(std::chrono::hours(1));
    EXPECT_FALSE(memory.tls_is_broken("mx.example.net"));
}

TEST(MxMemory, AMillionNamesCostNoMemory) {
    FakeClock clock;
    MxMemory memory(clock);
    for (int i = 0; i < 5'000; ++i) {
        memory.tls_failed("mx" + std::to_string(i));
        clock.advance(Milliseconds(1));
    }
    EXPECT_TRUE(memory.tls_is_broken("mx4999"));
    EXPECT_FALSE(memory.tls_is_broken("mx0"));  // the oldest went
}

}  // namespace
}  // namespace tocsin::net
