#include "model/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::model {
namespace {

using namespace std::chrono;

Time utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
    const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                              std::chrono::day(day)};
    return sys_days(date) + hours(hour) + minutes(minute);
}

Zone zone(std::string_view name) {
    return *Zone::find(name);
}

Occasion alert(Time at) {
    Occasion occasion;
    occasion.released_at = at;
    return occasion;
}

const Time kNoon = utc(2026, 11, 24, 12);

TEST(Zone, AWallClockFollowsSummerTime) {
    const Zone berlin = zone("Europe/Berlin");
    EXPECT_EQ(berlin.local(utc(2026, 1, 1, 12)).minute, 13 * 60);
    EXPECT_EQ(berlin.local(utc(2026, 7, 1, 12)).minute, 14 * 60);
    EXPECT_EQ(berlin.name(), "Europe/Berlin");
}

TEST(Zone, AMinuteThatIsLeftOutIsTheMomentOfTheChange) {
    const Zone berlin = zone("Europe/Berlin");
    const LocalMinute day = berlin.local(utc(2026, 3, 29, 12));
    EXPECT_EQ(berlin.moment({day.day, 2 * 60 + 30}), utc(2026, 3, 29, 1));
}

TEST(Zone, OfAMinuteThatComesTwiceItIsTheEarlier) {
    const Zone berlin = zone("Europe/Berlin");
    const LocalMinute day = berlin.local(utc(2026, 10, 25, 12));
    EXPECT_EQ(berlin.moment({day.day, 2 * 60 + 30}), utc(2026, 10, 25, 0, 30));
}

TEST(Zone, UnknownNamesAreNotFound) {
    for (const char* name : {"", "Europe/Atlantis", "../../etc/passwd", "Europe/Berlin\n"}) {
        EXPECT_EQ(Zone::find(name).error().kind(), ErrorKind::NotFound) << name;
    }
    EXPECT_FALSE(Zone::find(std::string(1'000, 'a')));
}

TEST(Zone, PeopleChooseFromCities) {
    const std::vector<std::string> names = zone_names();
    EXPECT_THAT(names, testing::IsSupersetOf({"America/New_York", "Asia/Jerusalem", "Asia/Tokyo",
                                              "Europe/Kyiv", "UTC"}));
    EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(Terms, WithoutTermsEverythingComesAtOnce) {
    EXPECT_EQ(decide({}, zone("UTC"), alert(kNoon)).held, Held::No);
}

TEST(Terms, OnlyTheBiggest) {
    Occasion occasion = alert(kNoon);
    occasion.frequency = Frequency::Biggest;
    const Verdict normal = decide({}, zone("UTC"), occasion);
    EXPECT_EQ(normal.held, Held::NotBiggest);
    EXPECT_FALSE(normal.due);
    occasion.priority = Priority::Major;
    EXPECT_EQ(decide({}, zone("UTC"), occasion).held, Held::No);
}

TEST(Terms, ADigestTakesEverythingAtTheReadersHour) {
    ReaderTerms terms;
    terms.digest_minute = 18 * 60 + 30;
    Occasion occasion = alert(kNoon);
    occasion.frequency = Frequency::Digest;
    occasion.priority = Priority::Major;
    const Verdict verdict = decide(terms, zone("Europe/Berlin"), occasion);
    EXPECT_EQ(verdict.held, Held::Digest);
    EXPECT_EQ(verdict.due, utc(2026, 11, 24, 17, 30));
}

TEST(Terms, QuietHoursGoOverMidnightAndEndWithACatchUp) {
    ReaderTerms terms;
    terms.zone = "America/New_York";
    terms.quiet = QuietHours{22 * 60, 7 * 60};
    const Zone new_york = zone(terms.zone);
    EXPECT_EQ(decide(terms, new_york, alert(utc(2026, 11, 25, 2, 59))).held, Held::No);
    const Verdict evening = decide(terms, new_york, alert(utc(2026, 11, 25, 3)));
    EXPECT_EQ(evening.held, Held::Quiet);
    EXPECT_EQ(evening.due, utc(2026, 11, 25, 12));
    EXPECT_EQ(decide(terms, new_york, alert(utc(2026, 11, 25, 11, 59))).due, utc(2026, 11, 25, 12));
    EXPECT_EQ(decide(terms, new_york, alert(utc(2026, 11, 25, 12))).held, Held::No);
}

TEST(Terms, QuietHoursOfOneDay) {
    ReaderTerms terms;
    terms.quiet = QuietHours{9 * 60, 17 * 60};
    EXPECT_EQ(decide(terms, zone("UTC"), alert(kNoon)).due, utc(2026, 11, 24, 17));
    EXPECT_EQ(decide(terms, zone("UTC"), alert(utc(2026, 11, 24, 8, 59))).held, Held::No);
}

// The night in which clocks go forward, 02:30 is not there; the catch-up comes when it would be.
TEST(Terms, QuietHoursThatEndInTheHourThatIsLeftOut) {
    ReaderTerms terms;
    terms.quiet = QuietHours{22 * 60, 2 * 60 + 30};
    const Verdict verdict = decide(terms, zone("Europe/Berlin"), alert(utc(2026, 3, 28, 23)));
    EXPECT_EQ(verdict.held, Held::Quiet);
    EXPECT_EQ(verdict.due, utc(2026, 3, 29, 1));
}

// The night in which clocks go back has 02:30 twice: what is released between waits for the second,
// not for another day.
TEST(Terms, QuietHoursInTheHourThatComesTwice) {
    ReaderTerms terms;
    terms.quiet = QuietHours{22 * 60, 2 * 60 + 30};
    const Zone berlin = zone("Europe/Berlin");
    EXPECT_EQ(decide(terms, berlin, alert(utc(2026, 10, 25, 0, 15))).due, utc(2026, 10, 25, 0, 30));
    const Verdict second = decide(terms, berlin, alert(utc(2026, 10, 25, 1, 15)));
    EXPECT_EQ(second.held, Held::Quiet);
    ASSERT_TRUE(second.due);
    EXPECT_EQ(*second.due, utc(2026, 10, 25, 1, 30));
}

TEST(Terms, ADigestWaitsForTheEndOfQuietHours) {
    ReaderTerms terms;
    terms.quiet = QuietHours{22 * 60, 9 * 60};
    Occasion occasion = alert(kNoon);
    occasion.frequency = Frequency::Digest;
    EXPECT_EQ(decide(terms, zone("UTC"), occasion).due, utc(2026, 11, 25, 9));
}

TEST(Terms, NoMoreThanSoManyADay) {
    ReaderTerms terms;
    terms.daily_max = 2;
    Occasion occasion = alert(kNoon);
    occasion.sent_today = 1;
    EXPECT_EQ(decide(terms, zone("UTC"), occasion).held, Held::No);
    occasion.sent_today = 2;
    const Verdict verdict = decide(terms, zone("UTC"), occasion);
    EXPECT_EQ(verdict.held, Held::DailyMax);
    EXPECT_EQ(verdict.due, utc(2026, 11, 25, 7));
}

TEST(Terms, AMutedStoryNeverComes) {
    Occasion occasion = alert(kNoon);
    occasion.muted = true;
    occasion.priority = Priority::Major;
    const Verdict verdict = decide({}, zone("UTC"), occasion);
    EXPECT_EQ(verdict.held, Held::Muted);
    EXPECT_FALSE(verdict.due);
}

TEST(Terms, CorrectionsAndRetractionsWaitForNothing) {
    ReaderTerms terms;
    terms.daily_max = 1;
    terms.quiet = QuietHours{0, 23 * 60};
    Occasion occasion = alert(kNoon);
    occasion.frequency = Frequency::Digest;
    occasion.muted = true;
    occasion.sent_today = 9;
    for (const AlertKind kind : {AlertKind::Correction, AlertKind::Retraction}) {
        occasion.kind = kind;
        EXPECT_EQ(decide(terms, zone("UTC"), occasion).held, Held::No);
    }
}

TEST(Terms, OfSeveralListsTheMostGenerousCounts) {
    const auto of = [](std::initializer_list<Frequency> lists, Priority priority) {
        Frequencies all;
        for (const Frequency frequency : lists) {
            all.add(frequency);
        }
        return all.most_generous(priority);
    };
    using enum Frequency;
    const auto normal = Priority::Normal;
    const auto major = Priority::Major;
    EXPECT_EQ(of({Digest, Every, Biggest}, normal), Every);
    EXPECT_EQ(of({Digest, Biggest}, normal), Digest);
    EXPECT_EQ(of({Biggest, Digest}, normal), Digest);
    EXPECT_EQ(of({Digest, Biggest}, major), Every);
    EXPECT_EQ(of({Biggest}, major), Every);
    EXPECT_EQ(of({Biggest}, normal), Biggest);
    EXPECT_EQ(of({Digest}, major), Digest);
    EXPECT_EQ(of({}, normal), Every);
}

TEST(Terms, WhatNobodyCanMeanIsRefused) {
    EXPECT_TRUE(check_terms({}));
    ReaderTerms terms;
    terms.zone = "Europe/Atlantis";
    EXPECT_FALSE(check_terms(terms));
    terms = {};
    terms.daily_max = kDailyMaxMax + 1;
    EXPECT_FALSE(check_terms(terms));
    terms = {};
    terms.quiet = QuietHours{60, 60};
    EXPECT_FALSE(check_terms(terms));
    terms.quiet = QuietHours{60, 24 * 60};
    EXPECT_FALSE(check_terms(terms));
    terms = {};
    terms.digest_minute = -1;
    EXPECT_FALSE(check_terms(terms));
}

TEST(Terms, TimesOfTheDay) {
    EXPECT_EQ(parse_minute("07:30"), 450);
    EXPECT_EQ(parse_minute(minute_text(1'439)), 1'439);
    for (const char* text : {"", "7:30", "24:00", "07:60", "07-30", "0a:00", "-1:00", "07:300"}) {
        EXPECT_FALSE(parse_minute(text)) << text;
    }
}

// Whatever the zone, the hour and the moment: the next digest is in the future, within 25 hours and
// a bit, and the reader's clock says the hour (or it is left out that day).
TEST(Terms, TheNextDigestIsSoonInEveryZone) {
    for (const std::string& name : zone_names()) {
        const Zone where = zone(name);
        for (int step = 0; step < 40; ++step) {
            const Time now = utc(2026, 1, 1, 0) + hours(step * 223) + minutes(step);
            const Time next = next_at(where, 150, now);
            ASSERT_GT(next, now) << name;
            ASSERT_LE(next - now, hours(26)) << name;
        }
    }
}

}  // namespace
}  // namespace tocsin::model
