// SignupService: what the sign-up box needs beside the database: whether the DNS lets mail to a
// domain be delivered, and which domains throw their mail away.
//
// A domain is looked up when somebody signs up with it. The sign-up waits for the answer for
// kDomainWait at the most: what the DNS says in that time refuses an address like a slip of the
// pen. Later it is still heard: then sign-ups there that nobody confirmed are forgotten, with their
// mails. Refused are domains that do not exist, null MX (RFC 7505) and servers without an address;
// a DNS that is silent or broken refuses nothing.
//
// Owner: Service; its tasks are in the service's gate. Thread: the web's io thread, and one of its
// own for the DNS. Failure: start() is Invalid for a DNS server that is no address or a list of
// domains that cannot be read; afterwards nothing fails.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "app/config.h"
#include "app/dns_service.h"
#include "audience/audience.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "web/reader_pages.h"

namespace tocsin::app {

inline constexpr Milliseconds kDomainWait{40};

class SignupService {
  public:
    // All of them must outlive this.
    struct Parts {
        Executor executor;
        Gate& gate;
        audience::Audience& audience;
        const Clock& clock;
        Random& random;
    };
    static Result<std::unique_ptr<SignupService>> start(Parts parts, const Config& config);

    web::SignupSettings settings();

  private:
    SignupService(Parts parts, const Config& config);
    Task<bool> takes_mail(std::string domain);
    Task<void> look_up(std::string domain);

    Parts parts_;
    web::SignupSettings base_;
    std::unordered_set<std::string> disposable_;
    std::unique_ptr<DnsService> dns_;  // null: domains are not looked up
};

// One domain a line; empty lines and those that begin with # are nothing.
Result<std::unordered_set<std::string>> read_domains(const std::string& path);

}  // namespace tocsin::app
