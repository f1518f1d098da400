// The frozen form of a message template:
//   frozen  = "TOCSIN MESSAGE 1" LF  date domain chars chars headers body slots  sha256
//   headers = count *( name  count *( slot text ) )
//   slots   = count *( slot at from length )
//   text    = count bytes
// where a number is 8 bytes, least significant first, and sha256 is of all bytes before it. The
// version changes whenever composing the same fields would give other bytes.
#include "base/crypto.h"
#include "base/limits.h"
#include "mail/message_impl.h"

namespace tocsin::mail {

namespace {

constexpr std::string_view kMagic = "TOCSIN MESSAGE 1\n";
constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kPiecesMax = 8;
constexpr std::size_t kSlotPiecesMax = 4096;

class Writer {
  public:
    void number(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) {
            out_.push_back(static_cast<char>((value >> shift) & 0xFF));
        }
    }
    void text(std::string_view text) {
        number(text.size());
        out_ += text;
    }
    void raw(std::string_view bytes) { out_ += bytes; }
    const std::string& bytes() const { return out_; }

  private:
    std::string out_;
};

// Reads past the end give zeros and ok() false: one check at the end is enough.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number() {
        const std::string_view bytes = take(8);
        std::uint64_t value = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            value = (value << 8) | static_cast<unsigned char>(bytes[i]);
        }
        return value;
    }
    std::size_t count(std::size_t max) {
        const std::uint64_t value = number();
        if (value > max) {
            ok_ = false;
            return 0;
        }
        return static_cast<std::size_t>(value);
    }
    std::string text() { return std::string(take(count(rest_.size()))); }
    Slot slot() {
        return static_cast<Slot>(count(static_cast<std::size_t>(Slot::PreferencesToken)));
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view take(std::size_t bytes) {
        if (bytes > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view out = rest_.substr(0, bytes);
        rest_.remove_prefix(bytes);
        return out;
    }

    std::string_view rest_;
    bool ok_ = true;
};

Error corrupt(std::string_view why) {
    return Error(ErrorKind::Corrupt, "the stored message " + std::string(why));
}

void read_headers(Reader& in, std::vector<TemplateHeader>& headers) {
    const std::size_t count = in.count(kHeadersMax);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        TemplateHeader header{in.text(), {}};
        const std::size_t pieces = in.count(kPiecesMax);
        for (std::size_t k = 0; k < pieces && in.ok(); ++k) {
            const Slot slot = in.slot();
            header.pieces.push_back({in.text(), slot});
        }
        headers.push_back(std::move(header));
    }
}

void read_slots(Reader& in, std::vector<SlotPiece>& slots) {
    const std::size_t count = in.count(kSlotPiecesMax);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        SlotPiece piece;
        piece.slot = in.slot();
        piece.at = in.count(limits::kMessageBytesMax);
        piece.from = in.count(limits::kMessageBytesMax);
        piece.length = in.count(limits::kMessageBytesMax);
        slots.push_back(piece);
    }
}

Status check_header(const TemplateHeader& header) {
    if (header.pieces.empty() || !header.pieces.front().text.starts_with(header.name + ": ") ||
        !header.pieces.back().text.ends_with("\r\n") || header.pieces.back().then != Slot::None) {
        return corrupt("has a header without its shape");
    }
    for (std::size_t i = 0; i + 1 < header.pieces.size(); ++i) {
        if (header.pieces[i].then == Slot::None) {
            return corrupt("has a header without its slot");
        }
    }
    return {};
}

}  // namespace

Status check_template(const MessageTemplate::Impl& message) {
    if (message.headers.size() > kHeadersMax || message.slots.size() > kSlotPiecesMax) {
        return Error(ErrorKind::Limited, "the mail has over 100 headers or 1000 links");
    }
    std::size_t dates = 0;
    for (const TemplateHeader& header : message.headers) {
        TRY(check_header(header));
        dates += header.name == "Date" && header.frozen() ? 1 : 0;
    }
    if (dates != 1) {
        return corrupt("has no Date");
    }
    std::size_t end = 0;
    for (const SlotPiece& piece : message.slots) {
        const std::size_t chars = piece.slot == Slot::UnsubscribeToken
                                      ? message.unsubscribe_token_chars
                                      : message.preferences_token_chars;
        const bool token =
            piece.slot == Slot::UnsubscribeToken || piece.slot == Slot::PreferencesToken;
        if (!token || piece.at < end || piece.at + piece.length > message.body.size() ||
            piece.from + piece.length > chars) {
            return corrupt("has a slot outside its body");
        }
        end = piece.at + piece.length;
    }
    return {};
}

std::string MessageTemplate::encode() const {
    Writer out;
    out.raw(kMagic);
    out.number(static_cast<std::uint64_t>(to_ms(impl_->date)));
    out.text(impl_->message_id_domain);
    out.number(impl_->unsubscribe_token_chars);
    out.number(impl_->preferences_token_chars);
    out.number(impl_->headers.size());
    for (const TemplateHeader& header : impl_->headers) {
        out.text(header.name);
        out.number(header.pieces.size());
        for (const HeaderPiece& piece : header.pieces) {
            out.number(static_cast<std::uint64_t>(piece.then));
            out.text(piece.text);
        }
    }
    out.text(impl_->body);
    out.number(impl_->slots.size());
    for (const SlotPiece& piece : impl_->slots) {
        out.number(static_cast<std::uint64_t>(piece.slot));
        out.number(piece.at);
        out.number(piece.from);
        out.number(piece.length);
    }
    out.raw(sha256(out.bytes()));
    return out.bytes();
}

Result<MessageTemplate> MessageTemplate::decode(std::string_view bytes) {
    if (!bytes.starts_with("TOCSIN MESSAGE ")) {
        return corrupt("is not one");
    }
    if (!bytes.starts_with(kMagic)) {
        return corrupt("was frozen by another version of Tocsin");
    }
    if (bytes.size() < kMagic.size() + kSha256Bytes ||
        sha256(bytes.substr(0, bytes.size() - kSha256Bytes)) !=
            bytes.substr(bytes.size() - kSha256Bytes)) {
        return corrupt("is damaged: its checksum does not fit");
    }
    Reader in(bytes.substr(kMagic.size(), bytes.size() - kMagic.size() - kSha256Bytes));
    auto impl = std::make_shared<Impl>();
    impl->date = from_ms(static_cast<std::int64_t>(in.number()));
    impl->message_id_domain = in.text();
    impl->unsubscribe_token_chars = in.count(limits::kMessageBytesMax);
    impl->preferences_token_chars = in.count(limits::kMessageBytesMax);
    read_headers(in, impl->headers);
    impl->body = in.text();
    read_slots(in, impl->slots);
    if (!in.ok() || !in.at_end()) {
        return corrupt("is damaged: it ends in the wrong place");
    }
    TRY(check_template(*impl));
    return MessageTemplate(std::move(impl));
}

}  // namespace tocsin::mail
