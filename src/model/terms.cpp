#include "model/terms.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tocsin::model {

namespace {

constexpr int kMinutesADay = 24 * 60;

bool is_minute(int minute) {
    return minute >= 0 && minute < kMinutesADay;
}

bool is_quiet(const QuietHours& quiet, int minute) {
    return quiet.from < quiet.to ? minute >= quiet.from && minute < quiet.to
                                 : minute >= quiet.from || minute < quiet.to;
}

// In the night in which an hour comes twice, quiet hours that end in it end twice.
Time end_of_quiet(const Zone& zone, const QuietHours& quiet, Time at) {
    LocalMinute end = zone.local(at);
    end.minute = quiet.to;
    const Time second = zone.moment(end, Zone::Twice::Later);
    const Time next = next_at(zone, quiet.to, at);
    return second > at ? std::min(second, next) : next;
}

Verdict with_digest(Held held, const ReaderTerms& terms, const Zone& zone, Time released_at) {
    const Time due = next_at(zone, terms.digest_minute, released_at);
    const bool quiet = terms.quiet && is_quiet(*terms.quiet, zone.local(due).minute);
    return {held, quiet ? end_of_quiet(zone, *terms.quiet, due) : due};
}

}  // namespace

std::string_view to_string(Frequency frequency) {
    switch (frequency) {
        case Frequency::Every:
            return "every";
        case Frequency::Biggest:
            return "biggest";
        case Frequency::Digest:
            return "digest";
    }
    return "";
}

std::optional<Frequency> parse_frequency(std::string_view text) {
    for (const Frequency frequency : {Frequency::Every, Frequency::Biggest, Frequency::Digest}) {
        if (text == to_string(frequency)) {
            return frequency;
        }
    }
    return std::nullopt;
}

void Frequencies::add(Frequency frequency) {
    every_ = every_ || frequency == Frequency::Every;
    biggest_ = biggest_ || frequency == Frequency::Biggest;
    digest_ = digest_ || frequency == Frequency::Digest;
}

Frequency Frequencies::most_generous(Priority priority) const {
    const bool now = every_ || (biggest_ && priority == Priority::Major);
    if (now || (!biggest_ && !digest_)) {
        return Frequency::Every;
    }
    return digest_ ? Frequency::Digest : Frequency::Biggest;
}

Status check_terms(const ReaderTerms& terms) {
    TRY(Zone::find(terms.zone));
    if (terms.daily_max < 0 || terms.daily_max > kDailyMaxMax) {
        return invalid(fmt::format("at most {} alerts a day can be chosen", kDailyMaxMax));
    }
    if (!is_minute(terms.digest_minute)) {
        return invalid("there is no such time of the day");
    }
    if (terms.quiet && (!is_minute(terms.quiet->from) || !is_minute(terms.quiet->to))) {
        return invalid("there is no such time of the day");
    }
    if (terms.quiet && terms.quiet->from == terms.quiet->to) {
        return invalid("quiet hours need a beginning and another end");
    }
    return {};
}

std::string_view to_string(Held held) {
    switch (held) {
        case Held::No:
            return "";
        case Held::NotBiggest:
            return "held back: the reader wants only the biggest";
        case Held::Muted:
            return "held back: the reader muted this story";
        case Held::Digest:
            return "held back: for the reader's digest";
        case Held::Quiet:
            return "held back: the reader's quiet hours";
        case Held::DailyMax:
            return "held back: the reader's limit for the day";
    }
    return "";
}

Verdict decide(const ReaderTerms& terms, const Zone& zone, const Occasion& occasion) {
    if (goes_to_those_reached(occasion.kind)) {
        return {};
    }
    if (occasion.muted) {
        return {Held::Muted, std::nullopt};
    }
    const Time at = occasion.released_at;
    switch (occasion.frequency) {
        case Frequency::Every:
            break;
        case Frequency::Biggest:
            if (occasion.priority != Priority::Major) {
                return {Held::NotBiggest, std::nullopt};
            }
            break;
        case Frequency::Digest:
            return with_digest(Held::Digest, terms, zone, at);
    }
    if (terms.quiet && is_quiet(*terms.quiet, zone.local(at).minute)) {
        return {Held::Quiet, end_of_quiet(zone, *terms.quiet, at)};
    }
    if (terms.daily_max > 0 && occasion.sent_today >= terms.daily_max) {
        return with_digest(Held::DailyMax, terms, zone, at);
    }
    return {};
}

Time next_at(const Zone& zone, int minute, Time after) {
    LocalMinute next = zone.local(after);
    next.minute = minute;
    Time moment = zone.moment(next);
    while (moment <= after) {
        ++next.day;
        moment = zone.moment(next);
    }
    return moment;
}

std::string minute_text(int minute) {
    return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

std::optional<int> parse_minute(std::string_view text) {
    int hours = 0;
    int minutes = 0;
    if (text.size() != 5 || text[2] != ':') {
        return std::nullopt;
    }
    const char* at = text.data();
    const auto [hours_end, hours_error] = std::from_chars(at, at + 2, hours);
    const auto [end, error] = std::from_chars(at + 3, at + 5, minutes);
    const bool read =
        hours_error == std::errc() && error == std::errc() && hours_end == at + 2 && end == at + 5;
    if (!read || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return std::nullopt;
    }
    return hours * 60 + minutes;
}

}  // namespace tocsin::model
