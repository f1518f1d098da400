// A complete mail to one person (confirmation, manage link): headers, text and HTML, unsigned.
//
// Pure; thread-safe. The same input gives the same bytes. Has the wire properties of message.h
// (CRLF, short lines, dot-stuffing is the identity). Header values with control characters are
// refused. The bytes go into the outbox; delivery signs them by dkim_sign_message().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::mail {

struct SingleMail {
    std::string from_name;  // may be empty
    std::string from_address;
    std::string to_address;
    std::string subject;
    Time date;
    std::string message_id;  // without <>
    std::string text;
    std::string html;  // may be empty: then text alone
    std::vector<std::pair<std::string, std::string>> extra_headers;
};

Result<std::string> build_single_mail(const SingleMail& mail);

}  // namespace tocsin::mail
