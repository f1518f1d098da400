#include "web/proof_of_work.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/crypto.h"
#include "web/proof_of_work_play.h"
#include "web/proof_of_work_solver.h"

namespace tocsin::web {
namespace {

namespace json = boost::json;

const Time kNow = Time(Seconds(1'800'000'000));

class ProofOfWork : public testing::Test {
  protected:
    ProofOfWork() : challenge_(make_challenge(ring_, random_, place_, 0, kNow)) {}

    // The payload after a change of the solved document.
    template <class Change>
    std::string changed(Change change) const {
        json::value document = json::parse(*base64_decode(solved_));
        change(document.get_object());
        return base64_encode(json::serialize(document));
    }
    static json::object& parameters(json::object& document) {
        return document.at("challenge").at("parameters").get_object();
    }
    bool good(std::string_view payload, Time now = kNow) const {
        return static_cast<bool>(check_proof(ring_, place_, payload, now));
    }

    SeededRandom random_{1};
    mail::KeyRing ring_{std::string(32, 'k')};
    ProofPlace place_{"https://alerts.example", "breaking"};
    std::string challenge_;
    std::string solved_ = solve_challenge(challenge_);
};

TEST_F(ProofOfWork, IsAsAltchaSaysAndSignedAsOneText) {
    const json::value value = json::parse(challenge_);
    const std::string canonical = json::serialize(value.at("parameters"));
    EXPECT_EQ(canonical.substr(0, 116),
              R"({"algorithm":"SHA-256","cost":8,"data":{"form":"breaking","site":"https://alerts)"
              R"(.example"},"expiresAt":1800000600,"k)");
    const std::string key = hkdf_sha256(std::string(32, 'k'), "tocsin proof of work", 32);
    EXPECT_EQ(value.at("signature").as_string(), hex_encode(hmac_sha256(key, canonical)));
}

TEST_F(ProofOfWork, ASolutionIsGoodForItsTimeSiteAndForm) {
    const auto proof = check_proof(ring_, place_, solved_, kNow);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->expires, kNow + kProofLife);
    EXPECT_EQ(proof->nonce.size(), 32U);
    EXPECT_TRUE(good(solved_, kNow + kProofLife - Seconds(1)));
    EXPECT_FALSE(good(solved_, kNow + kProofLife));
    EXPECT_FALSE(check_proof(ring_, {place_.site, "sport"}, solved_, kNow));
    EXPECT_FALSE(check_proof(ring_, {"https://other.example", place_.form}, solved_, kNow));
    EXPECT_FALSE(check_proof(mail::KeyRing(std::string(32, 'x')), place_, solved_, kNow));
    // After a rotation too.
    EXPECT_TRUE(check_proof(mail::KeyRing(std::string(32, 'x'), std::string(32, 'k')), place_,
                            solved_, kNow));
}

TEST_F(ProofOfWork, NoParameterCanBeChanged) {
    for (const char* name : {"nonce", "salt"}) {
        EXPECT_FALSE(good(changed([&](json::object& document) {
            parameters(document)[name] = std::string(32, '0');
        }))) << name;
    }
    EXPECT_FALSE(good(changed(
        [](json::object& document) { parameters(document)["expiresAt"] = 1'900'000'000; })));
    EXPECT_FALSE(good(changed([](json::object& document) { parameters(document)["cost"] = 1; })));
    EXPECT_FALSE(
        good(changed([](json::object& document) { parameters(document)["keyPrefix"] = "0"; })));
    EXPECT_FALSE(
        good(changed([](json::object& document) { parameters(document)["algorithm"] = "SHA-1"; })));
    EXPECT_FALSE(good(changed([](json::object& document) { parameters(document)["more"] = 1; })));
    EXPECT_FALSE(good(changed(
        [](json::object& document) { document["challenge"].as_object()["signature"] = ""; })));
}

TEST_F(ProofOfWork, TheWorkMustHaveBeenDone) {
    for (const std::int64_t counter : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 32}) {
        EXPECT_FALSE(good(changed([&](json::object& document) {
            document["solution"].as_object()["counter"] = counter;
        }))) << counter;
    }
    EXPECT_FALSE(good(changed([](json::object& document) {
        document["solution"].as_object()["derivedKey"] = std::string(64, '0');
    })));
    EXPECT_FALSE(good(changed([](json::object& document) { document.erase("solution"); })));
}

TEST_F(ProofOfWork, WhatIsNoPayloadIsRefused) {
    for (const std::string& text :
         {std::string(), std::string("%"), base64_encode("[]"), base64_encode("{}"),
          base64_encode("{\"challenge\":7}"), base64_encode("{\"challenge\":{\"parameters\":[]}}"),
          std::string(10'000, 'A'), base64_encode(std::string(3'000, '['))}) {
        EXPECT_FALSE(good(text)) << text.substr(0, 40);
    }
}

TEST(ProofOfWorkCorpus, OnlyTheSolvedOneIsTaken) {
    int taken = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/proof")) {
        SCOPED_TRACE(entry.path().string());
        std::ifstream in(entry.path(), std::ios::binary);
        std::ostringstream bytes;
        bytes << in.rdbuf();
        taken += play_proof(bytes.str());
    }
    EXPECT_EQ(taken, 2);  // as it comes, and as its JSON
}

TEST_F(ProofOfWork, CostsMoreUnderLoad) {
    const auto cost = [&](double load) {
        const json::value challenge =
            json::parse(make_challenge(ring_, random_, place_, load, kNow));
        return challenge.at("parameters").at("cost").as_int64();
    };
    EXPECT_EQ(cost(0), 8);
    EXPECT_EQ(cost(0.5), 36);
    EXPECT_EQ(cost(1), 64);
    EXPECT_EQ(cost(7), 64);
}

}  // namespace
}  // namespace tocsin::web
