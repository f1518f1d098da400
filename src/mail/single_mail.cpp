#include "mail/single_mail.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/header.h"
#include "mail/mime_writer.h"

namespace tocsin::mail {

namespace {

constexpr std::string_view kBuiltHere[] = {
    "From",        "To",           "Subject",      "Date",
    "Message-ID",  "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    "Return-Path", "Bcc",          "Sender",       "DKIM-Signature",
};

Status add_extra(const SingleMail& mail, std::string& out) {
    for (auto at = mail.extra_headers.begin(); at != mail.extra_headers.end(); ++at) {
        const auto same = [&](std::string_view name) { return ascii_iequals(name, at->first); };
        if (std::any_of(std::begin(kBuiltHere), std::end(kBuiltHere), same) ||
            std::any_of(mail.extra_headers.begin(), at,
                        [&](const auto& earlier) { return same(earlier.first); })) {
            return invalid("the header " + at->first.substr(0, 40) + " cannot be added to a mail");
        }
        TRY_AS(const HeaderField field, HeaderField::any(at->first, at->second));
        out += field.raw();
    }
    return {};
}

}  // namespace

Result<std::string> build_single_mail(const SingleMail& mail) {
    TRY_AS(const Address sender, Address::parse(mail.from_address));
    TRY_AS(const Address reader, Address::parse(mail.to_address));
    if (sender.needs_smtputf8()) {
        return invalid("the From address must be ASCII");
    }
    TRY_AS(const MimeBody body, write_body(mail.text, mail.html, {}));
    TRY_AS(const HeaderField from, HeaderField::mailbox("From", mail.from_name, sender.text()));
    TRY_AS(const HeaderField to, HeaderField::mailbox("To", "", reader.text()));
    TRY_AS(const HeaderField subject, HeaderField::text("Subject", mail.subject));
    TRY_AS(const HeaderField date, HeaderField::verbatim("Date", rfc5322_date(mail.date)));
    TRY_AS(const HeaderField id, HeaderField::verbatim("Message-ID", "<" + mail.message_id + ">"));
    TRY_AS(const HeaderField type, HeaderField::verbatim("Content-Type", body.content_type));

    std::string out;
    for (const HeaderField* field : {&from, &to, &subject, &date, &id}) {
        out += field->raw();
    }
    TRY(add_extra(mail, out));
    out += "MIME-Version: 1.0\r\n" + type.raw();
    if (!body.transfer_encoding.empty()) {
        out += "Content-Transfer-Encoding: " + body.transfer_encoding + "\r\n";
    }
    out += "\r\n" + body.bytes;
    if (out.size() > limits::kMessageBytesMax) {
        return Error(ErrorKind::Limited, "the mail is longer than two megabytes");
    }
    return out;
}

}  // namespace tocsin::mail
