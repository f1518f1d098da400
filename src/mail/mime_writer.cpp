// quoted-printable (RFC 2045 section 6.7):
//   line = *(literal / "=" 2HEX) ["=" CRLF continuation]     at most 76 characters
// Beyond the RFC: see the header.
#include "mail/mime_writer.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace tocsin::mail {

namespace {

constexpr std::size_t kQpColumn = 75;  // one is kept for the "=" of a soft break
constexpr std::size_t kBoundaryHexChars = 24;

class QuotedPrintable {
  public:
    QuotedPrintable(std::string& out, std::vector<SlotPiece>& slots) : out_(out), slots_(slots) {}

    void text(std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            const std::string_view rest = text.substr(i);
            if (rest.starts_with("\r\n")) {
                hard_break();
                ++i;
            } else if (rest.front() == '\n') {
                hard_break();
            } else {
                byte(rest);
            }
        }
    }

    void slot(Slot slot, std::size_t chars) {
        for (std::size_t from = 0; from < chars; ++from) {
            make_room(1);
            const bool goes_on = !slots_.empty() && slots_.back().slot == slot &&
                                 slots_.back().at + slots_.back().length == out_.size() &&
                                 slots_.back().from + slots_.back().length == from;
            if (goes_on) {
                ++slots_.back().length;
            } else {
                slots_.push_back(SlotPiece{slot, out_.size(), from, 1});
            }
            out_.push_back('x');
            ++column_;
        }
    }

    // Ends the last line, unless the text did.
    void end() {
        if (column_ > 0) {
            hard_break();
        }
    }

  private:
    void byte(std::string_view rest) {
        const char c = rest.front();
        const bool printable = c > 0x20 && c <= 0x7E && c != '=';
        // A blank is itself only between other characters: at a line's end transports strip it, and
        // a second one would be folded into the first by canonicalization.
        const bool blank = c == ' ' && column_ > 0 && out_.back() != ' ' && rest.size() > 1 &&
                           rest[1] != '\n' && rest[1] != '\r';
        if (!printable && !blank) {
            escape(c);
            return;
        }
        make_room(1);
        if (column_ == 0 && (c == '.' || c == ' ' || rest.starts_with("From "))) {
            escape(c);
            return;
        }
        out_.push_back(c);
        ++column_;
    }

    void escape(char c) {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        make_room(3);
        const auto value = static_cast<unsigned char>(c);
        out_.push_back('=');
        out_.push_back(kDigits[value >> 4]);
        out_.push_back(kDigits[value & 15]);
        column_ += 3;
    }

    void make_room(std::size_t chars) {
        if (column_ + chars > kQpColumn) {
            out_ += "=\r\n";
            column_ = 0;
        }
    }

    void hard_break() {
        out_ += "\r\n";
        column_ = 0;
    }

    std::string& out_;
    std::vector<SlotPiece>& slots_;
    std::size_t column_ = 0;
};

void encode_part(std::string_view text, std::span<const Marker> markers, MimeBody& body) {
    QuotedPrintable writer(body.bytes, body.slots);
    while (!text.empty()) {
        std::size_t at = std::string_view::npos;
        const Marker* next = nullptr;
        for (const Marker& marker : markers) {
            const std::size_t found = text.find(marker.marker);
            if (found < at) {
                at = found;
                next = &marker;
            }
        }
        writer.text(text.substr(0, at));
        if (next == nullptr) {
            break;
        }
        writer.text(next->prefix);
        writer.slot(next->slot, next->chars);
        text.remove_prefix(at + next->marker.size());
    }
    writer.end();
}

Status check_part(std::string_view name, std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        return invalid("the " + std::string(name) + " part contains a NUL byte");
    }
    if (!is_utf8(text)) {
        return invalid("the " + std::string(name) + " part is not valid UTF-8");
    }
    return {};
}

constexpr std::string_view kPartEncoding = "Content-Transfer-Encoding: quoted-printable\r\n\r\n";

}  // namespace

Result<MimeBody> write_body(std::string_view text, std::string_view html,
                            std::span<const Marker> markers) {
    TRY(check_part("text", text));
    TRY(check_part("HTML", html));
    MimeBody body;
    if (html.empty()) {
        // Canonicalization drops empty lines at the end; so that it changes nothing, so do we.
        while (text.ends_with('\n')) {
            text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
        }
        body.content_type = "text/plain; charset=utf-8";
        body.transfer_encoding = "quoted-printable";
        encode_part(text, markers, body);
        return body;
    }
    // "=_" cannot occur in quoted-printable, so no text can contain the boundary.
    const std::string digest = hex_encode(sha256(sha256(text) + sha256(html)));
    const std::string boundary = "=_" + digest.substr(0, kBoundaryHexChars);
    body.content_type = "multipart/alternative; boundary=\"" + boundary + "\"";
    body.bytes.reserve(text.size() + html.size() * 9 / 8 + 1024);

    body.bytes += "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n";
    body.bytes += kPartEncoding;
    encode_part(text, markers, body);
    body.bytes += "--" + boundary + "\r\nContent-Type: text/html; charset=utf-8\r\n";
    body.bytes += kPartEncoding;
    encode_part(html, markers, body);
    body.bytes += "--" + boundary + "--\r\n";
    return body;
}

}  // namespace tocsin::mail
