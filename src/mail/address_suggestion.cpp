// How a suggestion is found:
//
//   1. A domain that is a known provider's, or has subdomains or Unicode, is left alone.
//   2. If the public suffix list knows no such ending (".con"), the one common ending that is one
//      slip away from it replaces it (".com").
//   3. A name before a real ending ("gmial" before "com") is compared with the providers that have
//      that very ending. One slip is forgiven, two in names of nine letters and more; the first
//      letter must be right or have changed places with the second, since a name that begins
//      otherwise is more likely somebody else's. Two providers equally near: no suggestion.
//
// What a slip is, base/slips.h says. Only distinctive names are offered as corrections: "orange"
// and "globo" are a letter away from other people's words, "gmail" is not.
#include "mail/address_suggestion.h"

#include <algorithm>
#include <array>
#include <libpsl.h>
#include <memory>
#include <string>

#include "base/slips.h"

namespace tocsin::mail {

namespace {

// Offered as corrections, and left alone.
constexpr std::string_view kCorrections[] = {
    "gmail.com",     "googlemail.com",  "yahoo.com",       "yahoo.co.uk",    "yahoo.fr",
    "yahoo.de",      "yahoo.it",        "yahoo.es",        "yahoo.ca",       "yahoo.com.au",
    "yahoo.com.br",  "yahoo.com.mx",    "yahoo.com.ar",    "yahoo.co.in",    "yahoo.co.jp",
    "yahoo.co.id",   "ymail.com",       "rocketmail.com",  "hotmail.com",    "hotmail.co.uk",
    "hotmail.fr",    "hotmail.de",      "hotmail.it",      "hotmail.es",     "hotmail.nl",
    "hotmail.be",    "hotmail.se",      "outlook.com",     "outlook.fr",     "outlook.de",
    "outlook.es",    "outlook.it",      "outlook.com.br",  "icloud.com",     "protonmail.com",
    "tutanota.com",  "fastmail.com",    "comcast.net",     "verizon.net",    "sbcglobal.net",
    "bellsouth.net", "btinternet.com",  "virginmedia.com", "rediffmail.com", "wanadoo.fr",
    "t-online.de",   "bluewin.ch",      "bigpond.com",     "sympatico.ca",   "yandex.ru",
    "hanmail.net",   "optusnet.com.au",
};

// Left alone, never offered: short names and everyday words.
constexpr std::string_view kKnown[] = {
    "126.com",      "163.com",       "a1.net",       "abv.bg",           "alice.it",
    "aol.com",      "att.net",       "bk.ru",        "blueyonder.co.uk", "bol.com.br",
    "centrum.cz",   "charter.net",   "chello.at",    "cox.net",          "daum.net",
    "duck.com",     "earthlink.net", "email.com",    "free.fr",          "freenet.de",
    "globo.com",    "gmx.at",        "gmx.ch",       "gmx.com",          "gmx.de",
    "gmx.net",      "hetnet.nl",     "hey.com",      "hispeed.ch",       "home.nl",
    "ig.com.br",    "inbox.ru",      "interia.pl",   "juno.com",         "kpnmail.nl",
    "laposte.net",  "libero.it",     "list.ru",      "live.co.uk",       "live.com",
    "live.fr",      "live.nl",       "mac.com",      "mail.com",         "mail.ru",
    "me.com",       "msn.com",       "naver.com",    "ntlworld.com",     "o2.pl",
    "onet.pl",      "optonline.net", "orange.fr",    "planet.nl",        "pm.me",
    "proton.me",    "qq.com",        "rambler.ru",   "rogers.com",       "seznam.cz",
    "sfr.fr",       "shaw.ca",       "sina.com",     "sky.com",          "skynet.be",
    "talktalk.net", "telenet.be",    "terra.com.br", "tin.it",           "tiscali.it",
    "tuta.com",     "uol.com.br",    "virgilio.it",  "web.de",           "wp.pl",
    "xtra.co.nz",   "yandex.com",    "ziggo.nl",     "zoho.com",
};

constexpr std::string_view kCommonEndings[] = {
    "com",    "net",   "org",    "edu",   "gov",   "info",  "co.uk",
    "org.uk", "ac.uk", "com.au", "co.nz", "co.za", "co.in", "com.br",
};

constexpr std::size_t kCorrectedNameCharsMin = 5;
constexpr std::size_t kTwoSlipsNameCharsMin = 9;

struct Split {
    std::string_view name;
    std::string_view ending;
};

Split split_at_first_dot(std::string_view domain) {
    const std::size_t dot = domain.find('.');
    return {domain.substr(0, dot), domain.substr(dot + 1)};
}

// In the public suffix list by a rule of its own, not by the rule "*" that makes any last label
// one.
bool is_real_ending(std::string_view ending) {
    const psl_ctx_t* list = psl_builtin();
    if (list == nullptr) {
        return true;  // libpsl was built without its list: judge nothing
    }
    const std::string text(ending);
    return psl_is_public_suffix2(list, text.c_str(), PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

bool begins_alike(std::string_view name, std::string_view provider) {
    const bool swapped = name.size() > 1 && name[0] == provider[1] && name[1] == provider[0];
    return name.front() == provider.front() || swapped;
}

// The nearest of the candidates; nothing if none is near enough or two are equally near.
class Nearest {
  public:
    void offer(std::string_view candidate, std::size_t slips) {
        if (slips < slips_) {
            best_ = candidate;
            slips_ = slips;
            tie_ = false;
        } else if (slips == slips_ && candidate != best_) {
            tie_ = true;
        }
    }
    std::optional<std::string_view> best() const {
        if (best_.empty() || tie_) {
            return std::nullopt;
        }
        return best_;
    }

  private:
    std::string_view best_;
    std::size_t slips_ = SIZE_MAX;
    bool tie_ = false;
};

std::optional<std::string_view> nearest_provider(const Split& typed) {
    Nearest nearest;
    for (const std::string_view provider : kCorrections) {
        const Split known = split_at_first_dot(provider);
        if (known.ending != typed.ending || known.name.size() < kCorrectedNameCharsMin ||
            !begins_alike(typed.name, known.name)) {
            continue;
        }
        const std::size_t forgiven = known.name.size() >= kTwoSlipsNameCharsMin ? 2 : 1;
        const std::size_t slips = slips_between(typed.name, known.name);
        if (slips <= forgiven) {
            nearest.offer(provider, slips);
        }
    }
    return nearest.best();
}

std::optional<std::string_view> nearest_ending(std::string_view ending) {
    Nearest nearest;
    for (const std::string_view common : kCommonEndings) {
        if (slips_between(ending, common) == 1) {
            nearest.offer(common, 1);
        }
    }
    return nearest.best();
}

}  // namespace

bool is_large_provider(std::string_view domain) {
    const auto is_it = [domain](std::string_view provider) { return provider == domain; };
    return std::any_of(std::begin(kCorrections), std::end(kCorrections), is_it) ||
           std::any_of(std::begin(kKnown), std::end(kKnown), is_it);
}

std::optional<std::string> suggest_domain(std::string_view domain) {
    if (domain.find('.') == std::string_view::npos ||
        domain.find("xn--") != std::string_view::npos || is_large_provider(domain)) {
        return std::nullopt;
    }
    const Split typed = split_at_first_dot(domain);
    if (typed.name.empty() || typed.ending.empty()) {
        return std::nullopt;
    }
    if (is_real_ending(typed.ending)) {
        if (const auto provider = nearest_provider(typed)) {
            return std::string(*provider);
        }
        return std::nullopt;
    }
    const std::string_view last = typed.ending.substr(typed.ending.rfind('.') + 1);
    if (is_real_ending(last)) {
        return std::nullopt;  // a subdomain of a real domain
    }
    const auto ending = nearest_ending(typed.ending);
    if (!ending) {
        return std::nullopt;
    }
    std::string repaired = std::string(typed.name) + "." + std::string(*ending);
    if (is_large_provider(repaired)) {
        return repaired;
    }
    if (const auto provider = nearest_provider(split_at_first_dot(repaired))) {
        return std::string(*provider);
    }
    return repaired;
}

}  // namespace tocsin::mail
