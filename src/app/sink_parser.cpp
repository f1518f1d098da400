#include "app/sink_parser.h"

#include <charconv>
#include <cstring>

namespace tocsin::app {
namespace {

constexpr std::size_t kLineBytesMax = 4'096;

}  // namespace

SinkParser::Next SinkParser::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        if (mode_ == Mode::Chunk) {
            const std::size_t part = std::min<std::uint64_t>(chunk_left_, bytes.size());
            bytes.remove_prefix(part);
            bytes_ += part;
            chunk_left_ -= part;
            if (chunk_left_ == 0) {
                mode_ = Mode::Command;
                messages_ += last_chunk_ ? 1 : 0;
                output_ += "250 2.0.0 ok\r\n";
            }
            continue;
        }
        if (mode_ == Mode::Data) {
            bytes.remove_prefix(skip_data(bytes));
            continue;
        }
        const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
        if (end == nullptr) {
            line_ += bytes;
            return line_.size() > kLineBytesMax ? Next::Close : Next::Read;
        }
        const std::size_t length = static_cast<std::size_t>(end - bytes.data()) + 1;
        std::string_view line = bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (!line_.empty()) {
            line_ += line;
            line = line_;
        }
        const Next next = on_command(line);
        line_.clear();
        if (next == Next::Close) {
            return next;
        }
    }
    return Next::Read;
}

SinkParser::Next SinkParser::on_command(std::string_view line) {
    switch (line.front() & ~0x20) {
        case 'M':
            output_ += "250 2.1.0 ok\r\n";
            break;
        case 'R':  // RCPT and RSET
            output_ += "250 2.1.5 ok\r\n";
            break;
        case 'D':
            output_ += "354 go\r\n";
            mode_ = Mode::Data;
            dot_ = 1;  // "." at once ends it too
            break;
        case 'B': {
            const char* begin = line.data() + std::min<std::size_t>(5, line.size());
            const auto [end, error] =
                std::from_chars(begin, line.data() + line.size(), chunk_left_);
            if (error != std::errc()) {
                output_ += "501 5.5.4 BDAT size [LAST]\r\n";
                return Next::Close;
            }
            last_chunk_ = *end == ' ';
            if (chunk_left_ > 0) {
                mode_ = Mode::Chunk;
            } else {
                messages_ += last_chunk_ ? 1 : 0;
                output_ += "250 2.0.0 ok\r\n";
            }
            break;
        }
        case 'E':
            output_ += "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n";
            output_ += chunking_ == SinkOptions::Chunking::Offered ? "250-CHUNKING\r\n" : "";
            output_ += "250 ENHANCEDSTATUSCODES\r\n";
            break;
        case 'Q':
            output_ += "221 2.0.0 bye\r\n";
            return Next::Close;
        default:  // HELO, NOOP
            output_ += "250 2.0.0 ok\r\n";
            break;
    }
    return Next::Read;
}

// Goes from line end to line end; only what follows one is looked at.
std::size_t SinkParser::skip_data(std::string_view bytes) {
    constexpr std::string_view kEnd = "\n.\r\n";
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (dot_ == 0) {
            const void* end = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
            if (end == nullptr) {
                at = bytes.size();
                break;
            }
            at = static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data()) + 1;
            dot_ = 1;
            continue;
        }
        if (bytes[at] != kEnd[static_cast<std::size_t>(dot_)]) {
            dot_ = 0;
            continue;
        }
        ++at;
        if (++dot_ == static_cast<int>(kEnd.size())) {
            mode_ = Mode::Command;
            ++messages_;
            output_ += "250 2.0.0 ok\r\n";
            break;
        }
    }
    bytes_ += at;
    return at;
}

}  // namespace tocsin::app
