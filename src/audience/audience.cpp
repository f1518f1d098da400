#include "audience/audience.h"

#include "audience/budget.h"
#include "audience/evidence.h"
#include "base/bytes.h"
#include "store/suppression.h"

namespace tocsin::audience {

Audience::Audience(store::Store& store, const Clock& clock, Random& random,
                   const mail::KeyRing& keys, const mail::Templates& templates,
                   AudienceSettings settings, AudienceHooks hooks)
    : store_(store),
      clock_(clock),
      random_(random),
      keys_(keys),
      templates_(templates),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)) {}

Result<mail::Token> Audience::open(mail::TokenPurpose purpose, std::string_view token) const {
    return mail::open_token(keys_, purpose, token, clock_.now());
}

Result<Evidence> Audience::checked(Evidence evidence) const {
    TRY_AS(evidence, audience::checked(std::move(evidence)));
    if (!evidence.ip.empty() || !evidence.user_agent.empty()) {
        evidence.salt = random_.bytes(kSaltBytes);
    }
    return evidence;
}

std::string Audience::suppression_key(const mail::Address& address) const {
    return mail::suppression_hmac(keys_, address.key());
}

std::string Audience::budget_key(std::string_view kind, const mail::Address& address) const {
    return budget_keys(keys_, kind, address).address;
}

std::string Audience::new_message_id() const {
    const std::string& from = settings_.sender.from_address;
    return fmt::format("{}@{}", hex_encode(random_.bytes(16)), from.substr(from.rfind('@') + 1));
}

std::string Audience::mail_from() const {
    return settings_.mail_from.empty() ? settings_.sender.from_address : settings_.mail_from;
}

mail::Token Audience::manage_token(std::string_view subject) const {
    mail::Token token;
    token.purpose = mail::TokenPurpose::Manage;
    token.subject = subject;
    token.issued = clock_.now();
    token.expires = token.issued + kManageLinkLife;
    return token;
}

std::string Audience::manage_url(std::string_view subject) const {
    return settings_.public_url + "/p/" + mail::seal_token(keys_, manage_token(subject));
}

std::string Audience::choices_url(std::string_view subject) const {
    mail::Token token = manage_token(subject);
    token.ref = kNotMailed;
    return settings_.public_url + "/p/" + mail::seal_token(keys_, token);
}

std::string Audience::unsubscribe_url(std::string_view subject, ListId list) const {
    mail::Token token;
    token.purpose = mail::TokenPurpose::Unsubscribe;
    token.subject = subject;
    token.list = static_cast<std::uint32_t>(list.value());
    token.issued = clock_.now();
    return settings_.public_url + "/u/" + mail::seal_token(keys_, token);
}

Task<Result<store::SubscriberRow>> Audience::reader_of_address(std::string text) {
    CO_TRY_AS(const mail::Address address, mail::Address::parse(trim(text)));
    auto find = [key = address.key()](store::Database& db) -> Result<store::SubscriberRow> {
        auto reader = store::find_subscriber_by_key(db, key);
        if (!reader) {
            return not_found("there is no reader with this address");
        }
        return std::move(*reader);
    };
    co_return co_await store_.read(std::move(find));
}

Task<Result<store::SubscriberRow>> Audience::reader_of_token(std::string manage_token) {
    CO_TRY_AS(const mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    auto find = [subject = token.subject](store::Database& db) -> Result<store::SubscriberRow> {
        auto reader = store::find_subscriber_by_subject(db, subject);
        if (!reader) {
            return dead_link();
        }
        return std::move(*reader);
    };
    co_return co_await store_.read(std::move(find));
}

// A link of an alert names the alert, or does not end; one from a page says so.
Task<Result<store::SubscriberRow>> Audience::reader_of_mailed_token(std::string text) {
    CO_TRY_AS(const mail::Token token, open(mail::TokenPurpose::Manage, text));
    CO_TRY_AS(store::SubscriberRow reader, co_await reader_of_token(std::move(text)));
    if (token.expires && token.ref == 0) {
        co_return reader;
    }
    CO_TRY(co_await request_manage_link(reader.address));
    co_return Error(ErrorKind::Unauthorized, "A link for this was sent to your inbox.");
}

void Audience::tell_left(SubscriberId reader, std::optional<ListId> list) const {
    if (hooks_.on_left) {
        hooks_.on_left(reader, list);
    }
}

Task<void> Audience::left_is_known() const {
    if (hooks_.left_is_known) {
        co_await hooks_.left_is_known();
    }
}

void Audience::tell_outbox() const {
    if (hooks_.on_outbox) {
        hooks_.on_outbox();
    }
}

}  // namespace tocsin::audience
