#include "mail/message.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/header.h"
#include "mail/message_impl.h"

namespace tocsin::mail {

namespace {

constexpr std::size_t kTokenCharsMax = 256;
constexpr std::string_view kBuiltHere[] = {
    "From",         "To",           "Subject",          "Date",
    "Message-ID",   "In-Reply-To",  "References",       "List-Id",
    "MIME-Version", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID",  "Return-Path",  "DKIM-Signature",   "Content-Transfer-Encoding",
    "Sender",       "Bcc",          "Received",
};

TemplateHeader frozen(const HeaderField& field) {
    return TemplateHeader{field.name(), {{field.raw(), Slot::None}}};
}

// What may stand inside <> in a header and before a token: a URL without spaces, quotes or
// brackets.
Status check_url(std::string_view what, std::string_view url, std::string_view scheme) {
    const auto forbidden = [](char c) {
        return c <= 0x20 || c >= 0x7F ||
               std::string_view("<>\"'\\^`{|}&,").find(c) != std::string_view::npos;
    };
    if (!url.starts_with(scheme) || url.size() > limits::kUrlBytesMax / 4 ||
        std::any_of(url.begin(), url.end(), forbidden)) {
        return invalid("the " + std::string(what) + " must begin with " + std::string(scheme) +
                       ", be under 500 bytes and contain no blanks, quotes, brackets or \"&\"");
    }
    return {};
}

Status check_links(const MailContent& content) {
    const bool local = content.unsubscribe_url_prefix.starts_with("http://");
    const std::string_view scheme = local ? "http://" : "https://";
    TRY(check_url("unsubscribe link", content.unsubscribe_url_prefix, scheme));
    TRY(check_url("preferences link", content.preferences_url_prefix, scheme));
    if (!content.unsubscribe_mailto.empty()) {
        TRY(check_url("unsubscribe address", content.unsubscribe_mailto, "mailto:"));
    }
    for (const std::size_t chars :
         {content.unsubscribe_token_chars, content.preferences_token_chars}) {
        if (chars == 0 || chars > kTokenCharsMax) {
            return invalid("a link's token must have 1 to 256 characters");
        }
    }
    return {};
}

Status add_extra(const MailContent& content, std::vector<TemplateHeader>& headers) {
    for (const auto& extra : content.extra_headers) {
        const std::string& name = extra.first;
        const auto same = [&](std::string_view other) { return ascii_iequals(name, other); };
        if (std::any_of(std::begin(kBuiltHere), std::end(kBuiltHere), same) ||
            std::any_of(headers.begin(), headers.end(),
                        [&](const TemplateHeader& header) { return same(header.name); })) {
            return invalid("the header " + name.substr(0, 40) + " cannot be added to a mail");
        }
        TRY_AS(const HeaderField field, HeaderField::any(name, extra.second));
        headers.push_back(frozen(field));
    }
    return {};
}

TemplateHeader list_unsubscribe(const MailContent& content) {
    TemplateHeader out{
        "List-Unsubscribe",
        {{"List-Unsubscribe: <" + content.unsubscribe_url_prefix, Slot::UnsubscribeToken}}};
    if (content.unsubscribe_mailto.empty()) {
        out.pieces.push_back({">\r\n", Slot::None});
    } else {
        out.pieces.push_back({">,\r\n <" + content.unsubscribe_mailto, Slot::UnsubscribeToken});
        out.pieces.push_back({">\r\n", Slot::None});
    }
    return out;
}

// "Name <identifier>".
Result<HeaderField> list_id_field(std::string_view list_id) {
    const std::size_t open = list_id.rfind('<');
    if (open == std::string_view::npos || !list_id.ends_with('>')) {
        return invalid("the List-Id must look like \"Breaking news <breaking.news.example>\"");
    }
    const std::string_view id = list_id.substr(open + 1, list_id.size() - open - 2);
    return HeaderField::list_id(trim(list_id.substr(0, open)), id);
}

Status add_headers(const MailContent& content, std::vector<TemplateHeader>& headers) {
    TRY_AS(const Address sender, Address::parse(content.from_address));
    if (sender.needs_smtputf8()) {
        return invalid("the From address must be ASCII");
    }
    if (trim(content.subject).empty()) {
        return invalid("the subject is empty");
    }
    TRY_AS(const HeaderField from, HeaderField::mailbox("From", content.from_name, sender.text()));
    TRY_AS(const HeaderField subject, HeaderField::text("Subject", content.subject));
    TRY_AS(const HeaderField date, HeaderField::verbatim("Date", rfc5322_date(content.date)));
    TRY_AS(const HeaderField list_id, list_id_field(content.list_id));
    headers.push_back(frozen(from));
    headers.push_back({"To", {{"To: ", Slot::Address}, {"\r\n", Slot::None}}});
    headers.push_back(frozen(subject));
    headers.push_back(frozen(date));
    headers.push_back({"Message-ID", {{"Message-ID: <", Slot::MessageId}, {">\r\n", Slot::None}}});
    headers.push_back(
        {"In-Reply-To", {{"In-Reply-To: <", Slot::References}, {">\r\n", Slot::None}}});
    headers.push_back({"References", {{"References: <", Slot::References}, {">\r\n", Slot::None}}});
    headers.push_back(frozen(list_id));
    headers.push_back(list_unsubscribe(content));
    headers.push_back({"List-Unsubscribe-Post",
                       {{"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", Slot::None}}});
    if (!content.feedback_id.empty()) {
        TRY_AS(const HeaderField feedback,
               HeaderField::verbatim("Feedback-ID", content.feedback_id));
        headers.push_back(frozen(feedback));
    }
    return add_extra(content, headers);
}

}  // namespace

Result<MessageTemplate> MessageTemplate::compile(const MailContent& content) {
    TRY(check_links(content));
    TRY_AS(const std::string id_domain, parse_domain(content.message_id_domain));
    auto impl = std::make_shared<Impl>();
    impl->date = content.date;
    impl->message_id_domain = id_domain;
    impl->unsubscribe_token_chars = content.unsubscribe_token_chars;
    impl->preferences_token_chars = content.preferences_token_chars;
    TRY(add_headers(content, impl->headers));

    const Marker markers[] = {
        {kUnsubscribeUrlMarker, content.unsubscribe_url_prefix, Slot::UnsubscribeToken,
         content.unsubscribe_token_chars},
        {kPreferencesUrlMarker, content.preferences_url_prefix, Slot::PreferencesToken,
         content.preferences_token_chars},
    };
    TRY_AS(MimeBody body, write_body(content.text, content.html, markers));
    TRY_AS(const HeaderField type, HeaderField::verbatim("Content-Type", body.content_type));
    impl->headers.push_back({"MIME-Version", {{"MIME-Version: 1.0\r\n", Slot::None}}});
    impl->headers.push_back(frozen(type));
    if (!body.transfer_encoding.empty()) {
        TRY_AS(const HeaderField encoding,
               HeaderField::verbatim("Content-Transfer-Encoding", body.transfer_encoding));
        impl->headers.push_back(frozen(encoding));
    }
    impl->body = std::move(body.bytes);
    impl->slots = std::move(body.slots);
    if (impl->body.size() > limits::kMessageBytesMax / 2) {
        return Error(ErrorKind::Limited, "the mail is longer than one megabyte");
    }
    TRY(check_template(*impl));
    return MessageTemplate(std::move(impl));
}

MessageTemplate MessageTemplate::dated(Time date) const {
    auto impl = std::make_shared<Impl>(*impl_);
    impl->date = date;
    for (TemplateHeader& header : impl->headers) {
        if (header.name == "Date") {
            header.pieces.front().text = "Date: " + rfc5322_date(date) + "\r\n";
        }
    }
    return MessageTemplate(std::move(impl));
}

Time MessageTemplate::date() const {
    return impl_->date;
}

const std::string& MessageTemplate::message_id_domain() const {
    return impl_->message_id_domain;
}

std::size_t MessageTemplate::size_hint() const {
    std::size_t bytes = impl_->body.size() + 4096;  // two signatures and the slots
    for (const TemplateHeader& header : impl_->headers) {
        for (const HeaderPiece& piece : header.pieces) {
            bytes += piece.text.size();
        }
    }
    return bytes;
}

void message_id_for(std::uint64_t alert, std::string_view subject, std::string_view domain,
                    std::string& out) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::size_t kHashBytes = 8;
    Sha256 hash;
    const std::string number = std::to_string(alert);  // short: no allocation
    hash.update("tocsin message-id ");
    hash.update(number);
    hash.update(" ");
    hash.update(subject);
    const auto digest = hash.finish();
    out.assign(number);
    out.push_back('.');
    for (std::size_t i = 0; i < kHashBytes; ++i) {
        out.push_back(kDigits[digest[i] >> 4]);
        out.push_back(kDigits[digest[i] & 15]);
    }
    out.push_back('@');
    out += domain;
}

}  // namespace tocsin::mail
