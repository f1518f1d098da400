#include "model/consent.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/crypto.h"

namespace tocsin::model {

namespace {

void put_number(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xff));
    }
}

void put_bytes(std::string& out, std::string_view bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((bytes.size() >> static_cast<unsigned>(shift)) & 0xff));
    }
    out.append(bytes);
}

// What the other format has, and this one's hash leaves out, must not be there.
bool fits_its_format(const ConsentEntry& entry) {
    if (entry.format == 1) {
        return entry.list_name.empty() && entry.controller_hash.empty() &&
               entry.detail_commit.empty() && entry.origin_commit.empty();
    }
    return entry.format == kConsentFormat && entry.page_url.empty();
}

}  // namespace

std::string_view to_string(ConsentType type) {
    switch (type) {
        case ConsentType::Requested:
            return "requested";
        case ConsentType::ConfirmSent:
            return "confirm_sent";
        case ConsentType::Confirmed:
            return "confirmed";
        case ConsentType::Changed:
            return "changed";
        case ConsentType::Withdrawn:
            return "withdrawn";
        case ConsentType::Imported:
            return "imported";
        case ConsentType::Erased:
            return "erased";
        case ConsentType::Exported:
            return "exported";
    }
    return "";
}

std::string_view to_string(ConsentPurpose purpose) {
    return purpose == ConsentPurpose::Alerts ? "alerts" : "marketing";
}

std::string_view to_string(ConsentMethod method) {
    switch (method) {
        case ConsentMethod::WebForm:
            return "web_form";
        case ConsentMethod::OneClick:
            return "one_click";
        case ConsentMethod::Api:
            return "api";
        case ConsentMethod::Import:
            return "import";
        case ConsentMethod::Operator:
            return "operator";
    }
    return "";
}

bool ConsentDetail::empty() const {
    return form_id.empty() && page_url.empty() && embed_origin.empty() && locale.empty() &&
           message_id.empty() && token_hash.empty();
}

std::string consent_canonical(const ConsentEntry& entry) {
    const bool first_format = entry.format == 1;
    std::string out = first_format ? "tocsin-consent-1" : "tocsin-consent-2";
    put_number(out, static_cast<std::uint64_t>(entry.seq));
    put_bytes(out, entry.type);
    put_bytes(out, entry.subject);
    put_number(out, entry.list ? static_cast<std::uint64_t>(entry.list->value()) : 0);
    if (!first_format) {
        put_bytes(out, entry.list_name);
    }
    put_bytes(out, entry.purpose);
    put_bytes(out, entry.wording_hash);
    put_bytes(out, first_format ? entry.page_url : entry.controller_hash);
    put_bytes(out, entry.method);
    put_bytes(out, entry.actor);
    put_number(out, static_cast<std::uint64_t>(to_ms(entry.at)));
    put_bytes(out, entry.pii_commit);
    if (!first_format) {
        put_bytes(out, entry.detail_commit);
        put_bytes(out, entry.origin_commit);
    }
    put_bytes(out, entry.prev_hash);
    return out;
}

std::string consent_hash(const ConsentEntry& entry) {
    return entry.format == 1 ? sha256(consent_canonical(entry)) : consent_leaf(entry);
}

std::string consent_leaf(const ConsentEntry& entry) {
    return merkle_leaf_hash(consent_canonical(entry));
}

std::string consent_genesis() {
    return std::string(kSha256Bytes, '\0');
}

std::string consent_pii_commit(std::string_view salt, std::string_view address_key) {
    std::string both(salt);
    both += address_key;
    return sha256(both);
}

std::string consent_detail_commit(std::string_view salt, std::int64_t seq,
                                  const ConsentDetail& detail) {
    if (detail.empty()) {
        return {};
    }
    std::string out = "tocsin-consent-detail-2";
    put_bytes(out, salt);
    put_number(out, static_cast<std::uint64_t>(seq));
    for (const std::string* text : {&detail.form_id, &detail.page_url, &detail.embed_origin,
                                    &detail.locale, &detail.message_id, &detail.token_hash}) {
        put_bytes(out, *text);
    }
    return sha256(out);
}

std::string consent_origin_commit(std::int64_t seq, const ConsentOrigin& origin) {
    if (origin.empty()) {
        return {};
    }
    std::string out = "tocsin-consent-origin-2";
    put_bytes(out, origin.salt);
    put_number(out, static_cast<std::uint64_t>(seq));
    put_bytes(out, origin.ip);
    put_bytes(out, origin.user_agent);
    return sha256(out);
}

bool ConsentWalk::bad(std::int64_t seq, std::string problem) {
    bad_seq_ = seq;
    problem_ = std::move(problem);
    return false;
}

bool ConsentWalk::feed(const ConsentEntry& entry, const TreeFrontier::OnNode& on_node) {
    const std::int64_t expected = entries_ + 1;
    if (entry.seq != expected) {
        return bad(expected, fmt::format("entry {} is missing: entry {} follows entry {}", expected,
                                         entry.seq, entries_));
    }
    if (entry.prev_hash != last_hash_) {
        return bad(entry.seq, fmt::format("entry {} does not follow entry {}: one of them was "
                                          "replaced",
                                          entry.seq, entries_));
    }
    if (!fits_its_format(entry) || entry.hash != consent_hash(entry)) {
        return bad(entry.seq, fmt::format("entry {} was changed after it was written", entry.seq));
    }
    ++entries_;
    last_hash_ = entry.hash;
    tree_.append(entry.format == 1 ? consent_leaf(entry) : entry.hash, on_node);
    return true;
}

bool ConsentWalk::finish(std::int64_t head_seq, std::string_view head_hash) {
    if (head_seq > entries_) {
        return bad(entries_ + 1,
                   fmt::format("entries {} to {} are missing at the end", entries_ + 1, head_seq));
    }
    if (head_seq < entries_) {
        return bad(head_seq + 1,
                   fmt::format("entry {} was added past the recorded end", head_seq + 1));
    }
    if (head_hash != last_hash_) {
        return bad(entries_, fmt::format("entry {} is not the one recorded as the last", entries_));
    }
    return true;
}

}  // namespace tocsin::model
