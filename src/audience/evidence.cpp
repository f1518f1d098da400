#include "audience/evidence.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"

namespace tocsin::audience {

namespace {

bool may_name_somebody(std::string_view url) {
    return url.find('@') != url.npos || ascii_lower(url).find("%40") != std::string::npos;
}

// An address in a link is erased with the reader, but has no business here before either.
void cut_url(std::string& url) {
    if (may_name_somebody(url)) {
        url.resize(std::min(url.size(), url.find_first_of("?#")));
    }
    if (url.size() > limits::kUrlBytesMax || !is_utf8(url) || may_name_somebody(url)) {
        url.clear();
    }
}

// What a browser says of itself: text that every database takes, or nothing.
void cut_text(std::string& text, std::size_t bytes_max) {
    text.resize(std::min(text.size(), bytes_max));
    if (!is_utf8(text) || text.find('\0') != text.npos) {
        text.clear();
    }
}

}  // namespace

Result<Evidence> checked(Evidence evidence) {
    if (evidence.wording.size() > limits::kWordingBytesMax || !is_utf8(evidence.wording)) {
        return invalid(
            fmt::format("the wording that was shown must be UTF-8 text of at most {} "
                        "bytes",
                        limits::kWordingBytesMax));
    }
    for (std::string* url : {&evidence.page_url, &evidence.embed_origin}) {
        cut_url(*url);
    }
    for (std::string* text : {&evidence.form_id, &evidence.locale, &evidence.ip}) {
        cut_text(*text, limits::kEvidenceTextBytesMax);
    }
    cut_text(evidence.user_agent, limits::kUserAgentBytesMax);
    return evidence;
}

store::NewConsent consent_event(model::ConsentType type, const store::NewSubscriber& reader,
                                const Evidence& evidence, Time now) {
    store::NewConsent event;
    event.type = type;
    event.subject = reader.subject;
    event.wording = evidence.wording;
    event.salt = reader.salt;
    event.detail.form_id = evidence.form_id;
    event.detail.page_url = evidence.page_url;
    event.detail.embed_origin = evidence.embed_origin;
    event.detail.locale = evidence.locale;
    event.origin.salt = evidence.salt;
    event.origin.ip = evidence.ip;
    event.origin.user_agent = evidence.user_agent;
    event.method = evidence.method;
    event.actor = evidence.actor;
    event.at = now;
    event.pii_commit = model::consent_pii_commit(reader.salt, reader.address_key);
    return event;
}

std::string message_id_of(std::string_view message) {
    constexpr std::string_view kHeader = "\r\nMessage-ID: <";
    const std::size_t at = message.find(kHeader);
    const std::size_t end = at == message.npos ? at : message.find('>', at);
    return end == message.npos
               ? std::string()
               : std::string(message.substr(at + kHeader.size(), end - at - kHeader.size()));
}

std::string new_subject(Time now, std::string_view chance) {
    CHECK(chance.size() == kSubjectRandomBytes);
    std::string subject;
    for (int shift = 40; shift >= 0; shift -= 8) {
        subject.push_back(static_cast<char>((to_ms(now) >> shift) & 0xff));
    }
    subject += chance;
    return subject;
}

mail::Address as_known(const mail::Address& typed, const std::string& stored) {
    const auto known = mail::Address::parse(stored);
    return known && known->key() == typed.key() ? *known : typed;
}

Error dead_link() {
    return Error(ErrorKind::Expired, "This link is no longer valid. Please sign up again.");
}

}  // namespace tocsin::audience
