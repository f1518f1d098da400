// InboxService: the built-in mailbox of `tocsin dev` and `--dev-inbox`: an SMTP listener, the
// messages it took (in memory, bounded), and their pages at /inbox.
//
// Owner: app. Thread: the web's io thread. Failure: start() says which port is taken.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "app/config.h"
#include "base/clock.h"
#include "base/result.h"
#include "mail/dkim.h"
#include "mail/template.h"
#include "net/smtp_session.h"
#include "web/router.h"

namespace tocsin::app {

class InboxService {
  public:
    // DKIM signatures are judged with the public half of our own key, as DNS would give it.
    static Result<std::unique_ptr<InboxService>> start(boost::asio::io_context& io,
                                                       const Config& config, const Clock& clock,
                                                       const mail::Templates& templates,
                                                       const std::string& desk_link);
    ~InboxService();

    // Where delivery hands mail in.
    net::SmtpRoute route() const;
    void add_routes(web::Router& router);

  private:
    class Impl;
    explicit InboxService(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::app
