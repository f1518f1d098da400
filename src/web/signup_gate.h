// What stands between the box and a sign-up, beside the address itself:
//
//   trap          a field that people do not see, and a form filled in faster than anybody types:
//                 answered like every other sign-up, and nothing is done
//   form time     a token of ours in the form, bound to its list; without one a sign-up has the
//                 smallest share of the limits (a form pasted into a page years ago has none)
//   limits        of network, mail domain and service (signup_pace.h)
//   proof         asked of browsers when a share is used up (proof_of_work.h)
//   mail domain   one that the DNS says takes no mail is refused like a mistyped one
//   time          answers leave at whole multiples of `answer_time` after the request came, so
//                 that how much there was to do cannot be measured: it differs with what we know
//                 of the address
//
// None of it depends on whether the address is known here. Owner: the sign-up routes. Thread: the
// web's io thread. Nothing is kept between requests.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "audience/audience_types.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "net/http.h"
#include "web/proof_of_work.h"
#include "web/reader_pages.h"
#include "web/signup_form.h"
#include "web/signup_pace.h"

namespace tocsin::web {

inline constexpr std::chrono::hours kFormLife{24};

class SignupGate {
  public:
    explicit SignupGate(const ReaderServices& services);

    // For a form of this list, in the field `form_time`.
    std::string form_time(ListId list) const;

    // True: to be answered as if it had been taken.
    bool is_trap(const SignupForm& form, ListId list) const;
    // Fills in what decides whether it is taken. False: the browser is to be asked for a proof
    // before anything else ([signup] proof = "always").
    bool admit(audience::SignupRequest& request, const SignupForm& form,
               const audience::ListInfo& list, const net::HttpRequest& http) const;
    // The answer that hands the browser its work.
    net::HttpResponse ask_proof(std::string_view list, double load) const;

    // False: the DNS says that nobody at this domain can be written to.
    Task<bool> takes_mail(std::string domain) const;

    // Waits until an answer may leave to a request that came at `arrived`.
    Task<void> hold(SteadyTime arrived) const;

  private:
    ProofPlace place(std::string_view list) const;
    // How long ago the form was made; nullopt: no token of ours, or one of another list.
    std::optional<Milliseconds> form_age(const SignupForm& form, ListId list) const;

    const ReaderServices& services_;
    SignupPace pace_;
};

}  // namespace tocsin::web
