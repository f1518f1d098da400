#include "model/checkpoint.h"

#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/ed25519.h"

namespace tocsin::model {

namespace {

constexpr std::size_t kNoteBytesMax = 64 * 1024;
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::string_view kSignatureMark = "\u2014 ";
constexpr char kEd25519Type = '\1';

std::string typed_key(std::string_view public_key) {
    return kEd25519Type + std::string(public_key);
}

std::string key_id(std::string_view name, std::string_view public_key) {
    return sha256(fmt::format("{}\n{}", name, typed_key(public_key))).substr(0, kKeyIdBytes);
}

struct VerifierKey {
    std::string name;
    std::string id;
    std::string public_key;
};

Result<VerifierKey> parse_vkey(std::string_view text) {
    const std::size_t first = text.find('+');
    const std::size_t second = first == text.npos ? first : text.find('+', first + 1);
    if (second == text.npos || first == 0) {
        return invalid("a key has the form NAME+HEX+BASE64");
    }
    VerifierKey key;
    key.name = text.substr(0, first);
    const auto id = hex_decode(text.substr(first + 1, second - first - 1));
    const auto typed = base64_decode(text.substr(second + 1));
    if (!id || !typed || typed->size() != 1 + kEd25519PublicBytes ||
        typed->front() != kEd25519Type) {
        return invalid("the key is not an Ed25519 key of a signed note");
    }
    key.id = *id;
    key.public_key = typed->substr(1);
    if (key.id != key_id(key.name, key.public_key)) {
        return invalid("the key's name and number do not belong together");
    }
    return key;
}

bool signs(const VerifierKey& key, std::string_view body, std::string_view line) {
    if (!line.starts_with(kSignatureMark)) {
        return false;
    }
    line.remove_prefix(kSignatureMark.size());
    const std::size_t space = line.find(' ');
    if (space == line.npos || line.substr(0, space) != key.name) {
        return false;
    }
    const auto bytes = base64_decode(line.substr(space + 1));
    return bytes && bytes->starts_with(key.id) &&
           ed25519_verify(key.public_key, body, std::string_view(*bytes).substr(kKeyIdBytes));
}

// The lines of a text that ends with a line break.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

Result<Checkpoint> parse_body(std::string_view body) {
    const auto lines = lines_of(body);
    if (lines.size() < 3 || lines[0].empty()) {
        return invalid("this is not a checkpoint: it has three lines, then its signatures");
    }
    Checkpoint out;
    out.origin = lines[0];
    const std::string_view size = lines[1];
    const auto [end, error] =
        std::from_chars(size.data(), size.data() + size.size(), out.head.size);
    if (error != std::errc() || end != size.data() + size.size() ||
        (size.size() > 1 && size.front() == '0')) {
        return invalid("the checkpoint's second line is not a number of entries");
    }
    const auto root = base64_decode(lines[2]);
    if (!root || root->size() != kSha256Bytes) {
        return invalid("the checkpoint's third line is not a hash");
    }
    out.head.root = *root;
    return out;
}

}  // namespace

CheckpointKey::CheckpointKey(std::string name, std::string seed)
    : name_(std::move(name)), seed_(std::move(seed)) {
    CHECK(!name_.empty() && name_.find_first_of(" +\n") == name_.npos);
    CHECK(seed_.size() == kEd25519SeedBytes);
}

std::string CheckpointKey::vkey() const {
    const std::string key = ed25519_public_key(seed_);
    return fmt::format("{}+{}+{}", name_, hex_encode(key_id(name_, key)),
                       base64_encode(typed_key(key)));
}

std::string CheckpointKey::sign(const TreeHead& head) const {
    const std::string body =
        fmt::format("{}\n{}\n{}\n", name_, head.size, base64_encode(head.root));
    const std::string id = key_id(name_, ed25519_public_key(seed_));
    return fmt::format("{}\n{}{} {}\n", body, kSignatureMark, name_,
                       base64_encode(id + ed25519_sign(seed_, body)));
}

Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view vkey) {
    TRY_AS(const VerifierKey key, parse_vkey(vkey));
    // The last empty line parts the text from its signatures.
    const std::size_t gap = note.size() > kNoteBytesMax ? note.npos : note.rfind("\n\n");
    if (gap == note.npos || !note.ends_with('\n') || !is_utf8(note)) {
        return invalid("this is not a signed checkpoint");
    }
    const std::string_view body = note.substr(0, gap + 1);
    bool is_signed = false;
    for (const std::string_view line : lines_of(note.substr(gap + 2))) {
        if (!line.starts_with(kSignatureMark)) {
            return invalid("this is not a signed checkpoint");
        }
        is_signed = is_signed || signs(key, body, line);
    }
    if (!is_signed) {
        return invalid(fmt::format("the checkpoint is not signed by {}", key.name));
    }
    TRY_AS(Checkpoint out, parse_body(body));
    if (out.origin != key.name) {
        return invalid(
            fmt::format("the checkpoint is about {}, not about {}", out.origin, key.name));
    }
    return out;
}

}  // namespace tocsin::model
