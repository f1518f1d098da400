#include "mail/mime_reader.h"

#include <algorithm>
#include <mutex>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <gmime/gmime.h>
#pragma clang diagnostic pop

#include "base/bytes.h"
#include "base/limits.h"

namespace tocsin::mail {

namespace {

constexpr int kPartDepthMax = 32;
constexpr std::size_t kPartsMax = 256;
constexpr std::size_t kHeadersMax = 1000;
constexpr std::size_t kTextBytesMax = limits::kMessageBytesMax;

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using GPtr = std::unique_ptr<T, Unref>;

struct Free {
    void operator()(char* text) const { g_free(text); }
};
using GText = std::unique_ptr<char, Free>;

// The library is set up once in a process and never torn down: it keeps tables, no state.
void start_library() {
    static std::once_flag once;
    std::call_once(once, g_mime_init);
}

// U+FFFD for what is not UTF-8; NUL too, which no page shows.
std::string utf8(std::string_view text) {
    if (is_utf8(text) && text.find('\0') == std::string_view::npos) {
        return std::string(text);
    }
    const GText valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
    return valid.get();
}

std::string or_empty(const char* text) {
    return text == nullptr ? std::string() : utf8(text);
}

std::string addresses(GMimeMessage* message, GMimeAddressType type) {
    InternetAddressList* list = g_mime_message_get_addresses(message, type);
    if (list == nullptr || internet_address_list_length(list) == 0) {
        return {};
    }
    const GText text(internet_address_list_to_string(list, nullptr, FALSE));
    return or_empty(text.get());
}

std::string part_text(GMimePart* part) {
    if (GMIME_IS_TEXT_PART(part)) {
        const GText text(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
        std::string out = or_empty(text.get());
        if (out.size() > kTextBytesMax) {
            out.resize(kTextBytesMax);
            out = utf8(out);
        }
        return out;
    }
    return {};
}

std::size_t part_bytes(GMimePart* part) {
    GMimeDataWrapper* content = g_mime_part_get_content(part);
    if (content == nullptr) {
        return 0;
    }
    const GPtr<GMimeStream> sink(g_mime_stream_null_new());
    const gssize written = g_mime_data_wrapper_write_to_stream(content, sink.get());
    return written < 0 ? 0 : static_cast<std::size_t>(written);
}

// Walks the parts in order, with explicit limits instead of trust in the sender.
class PartReader {
  public:
    explicit PartReader(ParsedMail& out) : out_(out) {}

    void read(GMimeObject* object, int depth) {
        if (object == nullptr || depth > kPartDepthMax || parts_ == kPartsMax) {
            return;
        }
        ++parts_;
        if (GMIME_IS_MULTIPART(object)) {
            GMimeMultipart* multipart = GMIME_MULTIPART(object);
            for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
                read(g_mime_multipart_get_part(multipart, i), depth + 1);
            }
        } else if (GMIME_IS_MESSAGE_PART(object)) {
            attach(object, 0);
        } else if (GMIME_IS_PART(object)) {
            leaf(GMIME_PART(object));
        }
    }

  private:
    void leaf(GMimePart* part) {
        GMimeObject* object = GMIME_OBJECT(part);
        GMimeContentType* type = g_mime_object_get_content_type(object);
        const bool attached = g_mime_part_is_attachment(part);
        if (!attached && out_.text.empty() && g_mime_content_type_is_type(type, "text", "plain")) {
            out_.text = part_text(part);
        } else if (!attached && out_.html.empty() &&
                   g_mime_content_type_is_type(type, "text", "html")) {
            out_.html = part_text(part);
        } else {
            attach(object, part_bytes(part));
        }
    }

    void attach(GMimeObject* object, std::size_t bytes) {
        const GText type(g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object)));
        const char* name =
            GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : nullptr;
        out_.attachments.push_back({or_empty(name), or_empty(type.get()), bytes});
    }

    ParsedMail& out_;
    std::size_t parts_ = 0;
};

void read_headers(GMimeObject* object, ParsedMail& out) {
    if (object == nullptr) {
        return;
    }
    GMimeHeaderList* list = g_mime_object_get_header_list(object);
    for (int i = 0; i < g_mime_header_list_get_count(list); ++i) {
        if (out.headers.size() == kHeadersMax) {
            return;
        }
        GMimeHeader* header = g_mime_header_list_get_header_at(list, i);
        out.headers.emplace_back(or_empty(g_mime_header_get_name(header)),
                                 or_empty(g_mime_header_get_value(header)));
    }
}

}  // namespace

std::string_view ParsedMail::header(std::string_view name) const {
    for (const auto& [candidate, value] : headers) {
        if (ascii_iequals(candidate, name)) {
            return value;
        }
    }
    return {};
}

Result<ParsedMail> parse_mail(std::string_view bytes) {
    if (bytes.size() > limits::kMessageBytesMax) {
        return Error(ErrorKind::Limited, "the mail is longer than two megabytes");
    }
    start_library();
    const GPtr<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
    const GPtr<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    const GPtr<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
    if (!message) {
        return invalid("these bytes are not a mail");
    }
    ParsedMail out;
    read_headers(GMIME_OBJECT(message.get()), out);
    if (out.headers.empty()) {
        return invalid("the mail has no headers");
    }
    // GMime keeps Content-* with the part that they describe.
    GMimeObject* body = g_mime_message_get_mime_part(message.get());
    read_headers(body, out);
    out.subject = or_empty(g_mime_message_get_subject(message.get()));
    out.from = addresses(message.get(), GMIME_ADDRESS_TYPE_FROM);
    out.to = addresses(message.get(), GMIME_ADDRESS_TYPE_TO);
    out.message_id = or_empty(g_mime_message_get_message_id(message.get()));
    if (GDateTime* date = g_mime_message_get_date(message.get()); date != nullptr) {
        out.date = from_ms(g_date_time_to_unix(date) * 1000);
    }
    PartReader(out).read(body, 0);
    return out;
}

}  // namespace tocsin::mail
