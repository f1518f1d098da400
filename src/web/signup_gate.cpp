#include "web/signup_gate.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/check.h"
#include "mail/address.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

using model::CanProve;
using model::SignupTrust;
using Proofs = model::SignupLimits::Proof;

// "Precondition required" (RFC 6585): the same request with a proof in it will be taken.
constexpr int kProofStatus = 428;

std::string domain_of(std::string_view email) {
    const auto address = mail::Address::parse(email);
    return address ? address->domain() : std::string();
}

}  // namespace

SignupGate::SignupGate(const ReaderServices& services)
    : services_(services), pace_(services.ring, services.signup.limits) {}

ProofPlace SignupGate::place(std::string_view list) const {
    return {services_.public_url, std::string(list)};
}

std::string SignupGate::form_time(ListId list) const {
    mail::Token token;
    token.purpose = mail::TokenPurpose::Form;
    token.subject.assign(mail::kTokenSubjectBytes, '\0');
    token.list = static_cast<std::uint32_t>(list.value());
    token.issued = services_.clock.now();
    token.expires = token.issued + kFormLife;
    return mail::seal_token(services_.ring, token);
}

std::optional<Milliseconds> SignupGate::form_age(const SignupForm& form, ListId list) const {
    const Time now = services_.clock.now();
    const auto token =
        mail::open_token(services_.ring, mail::TokenPurpose::Form, form.form_time, now);
    if (!token || token->list != static_cast<std::uint32_t>(list.value())) {
        return std::nullopt;
    }
    return now - token->issued;
}

bool SignupGate::is_trap(const SignupForm& form, ListId list) const {
    const auto age = form_age(form, list);
    return form.trapped || (age && *age < services_.signup.limits.fill_time);
}

bool SignupGate::admit(audience::SignupRequest& request, const SignupForm& form,
                       const audience::ListInfo& list, const net::HttpRequest& http) const {
    const Time now = services_.clock.now();
    const Proofs proofs =
        services_.signup.random != nullptr ? services_.signup.limits.proof : Proofs::Never;
    SignupSource source;
    source.peer = http.peer;
    source.domain = domain_of(form.email);
    if (services_.signup.is_disposable && services_.signup.is_disposable(source.domain)) {
        request.tag = "disposable";
    }
    if (proofs != Proofs::Never && form.can_prove) {
        source.can_prove = CanProve::Yes;
    }
    if (form_age(form, list.id)) {
        source.trust = SignupTrust::Timed;
    }
    const auto proof = form.proof.empty()
                           ? Result<Proof>(invalid("none"))
                           : check_proof(services_.ring, place(list.slug), form.proof, now);
    if (proof) {
        source.trust = SignupTrust::Proven;
        source.proof_nonce = proof->nonce;
        source.proof_expires = proof->expires;
    } else if (proofs == Proofs::Always && form.can_prove) {
        return false;
    }
    request.admit = pace_.admission(std::move(source), now);
    return true;
}

net::HttpResponse SignupGate::ask_proof(std::string_view list, double load) const {
    CHECK(services_.signup.random != nullptr);
    boost::json::object answer;
    answer["status"] = "proof_needed";
    answer["challenge"] = boost::json::parse(make_challenge(
        services_.ring, *services_.signup.random, place(list), load, services_.clock.now()));
    return json_response(kProofStatus, boost::json::serialize(answer));
}

Task<bool> SignupGate::takes_mail(std::string domain) const {
    if (!services_.signup.takes_mail || domain.empty()) {
        co_return true;
    }
    co_return co_await services_.signup.takes_mail(std::move(domain));
}

Task<void> SignupGate::hold(SteadyTime arrived) const {
    const Milliseconds step = services_.signup.answer_time;
    if (step <= Milliseconds(0)) {
        co_return;
    }
    const auto elapsed = services_.clock.steady() - arrived;
    const auto over = elapsed % step;
    co_await sleep_for(std::chrono::ceil<Milliseconds>(step - over));
}

}  // namespace tocsin::web
