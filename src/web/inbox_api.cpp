#include "web/inbox_api.h"

#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/bytes.h"
#include "net/form.h"
#include "web/inbox_links.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

constexpr std::size_t kListMax = 1'000;

Result<std::uint64_t> number(std::string_view text, std::string_view name) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return invalid(std::string(name) + " is a number");
    }
    return value;
}

json::object summary(const InboxMessage& message) {
    const mail::ParsedMail& mail = message.parsed();
    json::array rcpt_to;
    for (const std::string& to : message.envelope.rcpt_to) {
        rcpt_to.push_back(json::string(to));
    }
    json::object out;
    out["id"] = message.id;
    out["received_at"] = rfc3339(message.received);
    out["mail_from"] = message.envelope.mail_from;
    out["rcpt_to"] = std::move(rcpt_to);
    out["from"] = mail.from;
    out["to"] = mail.to;
    out["subject"] = mail.subject;
    out["message_id"] = mail.message_id;
    out["bytes"] = message.raw.size();
    return out;
}

json::array dkim_json(const InboxStore& store, const InboxMessage& message) {
    json::array out;
    for (const mail::DkimVerdict& verdict : store.verdicts(message)) {
        json::object one;
        one["status"] = mail::to_string(verdict.status);
        one["domain"] = verdict.domain;
        one["selector"] = verdict.selector;
        one["algorithm"] = verdict.algorithm;
        one["reason"] = verdict.reason;
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

std::string inbox_list_json(const InboxStore& store, const InboxStore::Query& query) {
    json::array messages;
    for (const InboxMessagePtr& message : store.list(query)) {
        messages.push_back(summary(*message));
    }
    json::object out;
    out["messages"] = std::move(messages);
    out["count"] = store.size();
    out["newest"] = store.newest();
    return json::serialize(out);
}

std::string inbox_message_json(const InboxStore& store, const InboxMessage& message) {
    const mail::ParsedMail& mail = message.parsed();
    json::object out = summary(message);
    json::array headers;
    for (const auto& [name, value] : mail.headers) {
        headers.push_back(json::object{{"name", name}, {"value", value}});
    }
    json::array links;
    for (const std::string& link : links_of(mail)) {
        links.push_back(json::string(link));
    }
    json::array attachments;
    for (const mail::MailAttachment& attachment : mail.attachments) {
        attachments.push_back(json::object{{"name", attachment.name},
                                           {"content_type", attachment.content_type},
                                           {"bytes", attachment.bytes}});
    }
    out["headers"] = std::move(headers);
    out["text"] = mail.text;
    out["html"] = mail.html;
    out["links"] = std::move(links);
    out["attachments"] = std::move(attachments);
    out["dkim"] = dkim_json(store, message);
    // As bytes they are at /inbox/{id}/raw; JSON can only carry text.
    out["raw"] = readable(message.raw);
    return json::serialize(out);
}

std::string readable(std::string_view bytes) {
    if (is_utf8(bytes)) {
        return std::string(bytes);
    }
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        if (static_cast<unsigned char>(c) < 0x80) {
            out += c;
        } else {
            out += "\xef\xbf\xbd";  // U+FFFD
        }
    }
    return out;
}

Result<InboxStore::Query> inbox_query(const net::HttpRequest& request) {
    TRY_AS(const net::Form form, net::parse_urlencoded(request.query));
    InboxStore::Query query;
    query.to = trim(form.get("to"));
    if (form.has("before")) {
        TRY_AS(query.before, number(form.get("before"), "before"));
    }
    if (form.has("after")) {
        TRY_AS(query.after, number(form.get("after"), "after"));
    }
    if (form.has("limit")) {
        TRY_AS(const std::uint64_t limit, number(form.get("limit"), "limit"));
        query.limit = std::min<std::size_t>(limit, kListMax);
    }
    return query;
}

InboxMessagePtr inbox_message(const InboxStore& store, const Context& context) {
    const Result<std::uint64_t> id = number(context.param("id"), "id");
    return id ? store.find(*id) : nullptr;
}

}  // namespace tocsin::web
