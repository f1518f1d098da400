// Composing: everything that does not differ between recipients is laid out, canonicalized and
// hashed in the constructor. What is left for a recipient is a copy of the bytes with the slots
// filled, SHA-256 of the body from its first slot on and of about 900 bytes of headers, and the
// signature itself, which costs ten times all of the rest.
//
// h= lists the frozen headers first, so that their hash is a midstate too. Names that are signed in
// order not to be added come last: a name without a field hashes to nothing (RFC 6376 section 3.7).
#include <algorithm>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "mail/canonical.h"
#include "mail/dkim_keys.h"
#include "mail/message_impl.h"

namespace tocsin::mail {

namespace {

using CharTable = std::array<bool, 256>;

// True for the bytes that may not stand in such a value.
constexpr CharTable forbidden_in_address() {
    CharTable table{};
    for (std::size_t c = 0; c <= 0x20; ++c) {
        table[c] = true;
    }
    for (const char c : {'\x7F', ',', ';', ':', '<', '>', '(', ')', '[', ']', '"', '\\'}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}

constexpr CharTable forbidden_in_id() {
    CharTable table = forbidden_in_address();
    for (std::size_t c = 0x80; c < table.size(); ++c) {
        table[c] = true;
    }
    return table;
}

constexpr CharTable forbidden_in_token() {
    CharTable table{};
    table.fill(true);
    for (const char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
        table[static_cast<unsigned char>(c)] = false;
    }
    return table;
}

bool has_any(std::string_view text, const CharTable& table) {
    return std::any_of(text.begin(), text.end(),
                       [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

using Pieces = std::vector<HeaderPiece>;

// Appends, joining texts that have no slot between them.
void append_piece(Pieces& pieces, std::string_view text, Slot then) {
    if (!pieces.empty() && pieces.back().then == Slot::None) {
        pieces.back().text += text;
        pieces.back().then = then;
    } else {
        pieces.push_back({std::string(text), then});
    }
}

// The header's relaxed form, piece by piece: no slot's value has blanks in or around it.
void append_canonical(Pieces& pieces, const TemplateHeader& header) {
    for (std::size_t i = 0; i < header.pieces.size(); ++i) {
        const HeaderPiece& piece = header.pieces[i];
        std::string text = piece.text;
        if (i + 1 == header.pieces.size()) {
            text.resize(text.size() - 2);  // the closing CRLF, put back below
        }
        if (i == 0) {
            const std::string_view value = std::string_view(text).substr(header.name.size() + 1);
            text = relaxed_field(header.name, value);
        } else {
            text = relaxed_value(text);
        }
        if (i + 1 == header.pieces.size()) {
            text += "\r\n";
        }
        append_piece(pieces, text, piece.then);
    }
}

// One signature's place in the laid-out text before the headers.
struct SignaturePlan {
    std::size_t hash_at = 0;
    std::size_t signature_at = 0;
    std::string canonical_before_hash;
};

}  // namespace

struct MessageComposer::Impl {
    const MessageTemplate::Impl* message = nullptr;
    std::optional<DkimSigner> signer;
    std::string signatures;  // the signature headers with blank values
    std::vector<SignaturePlan> plans;
    Pieces wire[2];       // the headers and the blank line; [1] with a thread
    Pieces canonical[2];  // the headers with slots, as they are hashed
    Sha256 headers_so_far;
    Sha256 body_so_far;  // up to the first slot
    std::size_t body_hashed = 0;

    void lay_out_headers();
    void lay_out_signatures(const DkimKeys::Impl& keys);
    std::string_view value(Slot slot, const Recipient& recipient) const;
    Status check(const Recipient& recipient) const;
    void append(const Pieces& pieces, const Recipient& recipient, std::string& out) const;
    // Appends headers and body to the blank signatures; returns where the body begins.
    Result<std::size_t> lay_out(const Recipient& recipient, std::string& out) const;
    std::string_view unhashed_body(const std::string& out, std::size_t body_at) const {
        return std::string_view(out).substr(body_at + body_hashed);
    }
    // `body_hash` has seen the whole body.
    void hash(Sha256& body_hash, const Recipient& recipient, std::string& out,
              PendingSignature& pending) const;
};

void MessageComposer::Impl::lay_out_headers() {
    for (const bool thread : {false, true}) {
        for (const TemplateHeader& header : message->headers) {
            if (header.threads() && !thread) {
                continue;
            }
            for (const HeaderPiece& piece : header.pieces) {
                append_piece(wire[thread], piece.text, piece.then);
            }
            if (!header.frozen()) {
                append_canonical(canonical[thread], header);
            }
        }
        append_piece(wire[thread], "\r\n", Slot::None);
    }
}

void MessageComposer::Impl::lay_out_signatures(const DkimKeys::Impl& keys) {
    std::vector<std::string> names;
    Pieces frozen;
    for (const TemplateHeader& header : message->headers) {
        if (header.frozen()) {
            names.push_back(header.name);
            append_canonical(frozen, header);
        }
    }
    for (const TemplateHeader& header : message->headers) {
        if (!header.frozen()) {
            names.push_back(header.name);
        }
    }
    for (const HeaderPiece& piece : frozen) {
        headers_so_far.update(piece.text);
    }
    names = names_to_sign(names);
    const auto add = [&](const DkimKey& key) {
        const SignatureHeader header = signature_header(keys, key, names, message->date);
        SignaturePlan plan;
        signatures += header.before_hash;
        plan.hash_at = signatures.size();
        signatures.append(kBodyHashChars, 'A');
        signatures += header.before_signature;
        plan.signature_at = signatures.size();
        signatures += header.blank_signature;
        plan.canonical_before_hash = header.canonical_before_hash;
        plans.push_back(std::move(plan));
    };
    add(keys.rsa);
    if (keys.ed25519) {
        add(*keys.ed25519);
    }
    body_hashed = message->slots.empty() ? message->body.size() : message->slots.front().at;
    body_so_far.update(std::string_view(message->body).substr(0, body_hashed));
}

std::string_view MessageComposer::Impl::value(Slot slot, const Recipient& recipient) const {
    switch (slot) {
        case Slot::None:
            return {};
        case Slot::Address:
            return recipient.address;
        case Slot::MessageId:
            return recipient.message_id;
        case Slot::References:
            return recipient.references;
        case Slot::UnsubscribeToken:
            return recipient.unsubscribe_token;
        case Slot::PreferencesToken:
            return recipient.preferences_token;
    }
    return {};
}

Status MessageComposer::Impl::check(const Recipient& recipient) const {
    static constexpr CharTable kNotInAddress = forbidden_in_address();
    static constexpr CharTable kNotInId = forbidden_in_id();
    static constexpr CharTable kNotInToken = forbidden_in_token();
    const std::string_view address = recipient.address;
    if (address.empty() || address.size() > limits::kAddressBytesMax ||
        has_any(address, kNotInAddress)) {
        return invalid("a recipient's address cannot stand in a header");
    }
    const auto bad_id = [](std::string_view id) {
        return id.size() > limits::kAddressBytesMax || has_any(id, kNotInId);
    };
    if (recipient.message_id.empty() || bad_id(recipient.message_id) ||
        bad_id(recipient.references)) {
        return invalid("a recipient's Message-ID cannot stand in a header");
    }
    if (recipient.unsubscribe_token.size() != message->unsubscribe_token_chars ||
        recipient.preferences_token.size() != message->preferences_token_chars ||
        has_any(recipient.unsubscribe_token, kNotInToken) ||
        has_any(recipient.preferences_token, kNotInToken)) {
        return invalid("a recipient's token is not of the length that the message was made for");
    }
    return {};
}

void MessageComposer::Impl::append(const Pieces& pieces, const Recipient& recipient,
                                   std::string& out) const {
    for (const HeaderPiece& piece : pieces) {
        out += piece.text;
        out += value(piece.then, recipient);
    }
}

Result<std::size_t> MessageComposer::Impl::lay_out(const Recipient& recipient,
                                                   std::string& out) const {
    TRY(check(recipient));
    out.assign(signatures);
    append(wire[recipient.references.empty() ? 0 : 1], recipient, out);
    const std::size_t body_at = out.size();
    out += message->body;
    for (const SlotPiece& piece : message->slots) {
        value(piece.slot, recipient)
            .substr(piece.from, piece.length)
            .copy(out.data() + body_at + piece.at, piece.length);
    }
    return body_at;
}

void MessageComposer::Impl::hash(Sha256& body_hash, const Recipient& recipient, std::string& out,
                                 PendingSignature& pending) const {
    const auto body_digest = body_hash.finish();
    std::array<unsigned char, kBodyHashChars + 1> text;
    CHECK(EVP_EncodeBlock(text.data(), body_digest.data(), kSha256Bytes) ==
          static_cast<int>(kBodyHashChars));
    const std::string_view encoded(reinterpret_cast<const char*>(text.data()), kBodyHashChars);

    Sha256 headers = headers_so_far;
    for (const HeaderPiece& piece : canonical[recipient.references.empty() ? 0 : 1]) {
        headers.update(piece.text);
        headers.update(value(piece.then, recipient));
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const SignaturePlan& plan = plans[i];
        encoded.copy(out.data() + plan.hash_at, encoded.size());
        Sha256 own = headers;
        own.update(plan.canonical_before_hash);
        own.update(encoded);
        own.update(kCanonicalBeforeSignature);
        (i == 0 ? pending.rsa : pending.ed25519) = own.finish();
        (i == 0 ? pending.rsa_at : pending.ed25519_at) = plan.signature_at;
    }
}

MessageComposer::MessageComposer(const MessageTemplate& message, const DkimKeys* keys)
    : impl_(std::make_unique<Impl>()) {
    impl_->message = &message.impl();
    impl_->lay_out_headers();
    if (keys != nullptr) {
        impl_->signer.emplace(*keys);
        impl_->lay_out_signatures(keys->impl());
    }
}

MessageComposer::MessageComposer(MessageComposer&&) noexcept = default;
MessageComposer& MessageComposer::operator=(MessageComposer&&) noexcept = default;
MessageComposer::~MessageComposer() = default;

Status MessageComposer::prepare(const Recipient& recipient, std::string& out,
                                PendingSignature& pending) {
    TRY_AS(const std::size_t body_at, impl_->lay_out(recipient, out));
    pending = PendingSignature{};
    if (impl_->signer) {
        Sha256 body_hash = impl_->body_so_far;
        body_hash.update(impl_->unhashed_body(out, body_at));
        impl_->hash(body_hash, recipient, out, pending);
    }
    return {};
}

Status MessageComposer::compose(const Recipient& recipient, std::string& out) {
    PendingSignature pending;
    TRY(prepare(recipient, out, pending));
    if (impl_->signer) {
        impl_->signer->sign(pending, out);
    }
    return {};
}

std::array<Status, 2> MessageComposer::compose_pair(const std::array<Recipient, 2>& recipients,
                                                    const std::array<std::string*, 2>& outs) {
    const Result<std::size_t> at[2] = {impl_->lay_out(recipients[0], *outs[0]),
                                       impl_->lay_out(recipients[1], *outs[1])};
    std::array<Status, 2> results;
    for (std::size_t i = 0; i < 2; ++i) {
        results[i] = at[i] ? Status{} : Status(at[i].error());
    }
    if (!impl_->signer) {
        return results;
    }
    if (!at[0] || !at[1]) {
        const std::size_t good = at[0] ? 0 : 1;
        if (at[good]) {
            results[good] = compose(recipients[good], *outs[good]);
        }
        return results;
    }
    Sha256 body_hashes[2] = {impl_->body_so_far, impl_->body_so_far};
    Sha256::update_pair(body_hashes[0], impl_->unhashed_body(*outs[0], *at[0]), body_hashes[1],
                        impl_->unhashed_body(*outs[1], *at[1]));
    for (std::size_t i = 0; i < 2; ++i) {
        PendingSignature pending;
        impl_->hash(body_hashes[i], recipients[i], *outs[i], pending);
        impl_->signer->sign(pending, *outs[i]);
    }
    return results;
}

}  // namespace tocsin::mail
