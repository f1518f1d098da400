// GatherQueue: bytes on their way to a socket, as pieces to be written in one gather write.
//
// Short texts (commands) are copied into one growing buffer; large ones (messages) stay where they
// are and are only referred to. What has been handed out stays valid until it is reported written,
// while new pieces collect behind it. Offsets count bytes from the beginning of the connection.
//
// Pure. One thread. Reuses its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::mail {

class GatherQueue {
  public:
    void append(std::string_view text);
    // The bytes must stay in place until written() has passed them.
    void append_reference(std::string_view bytes);

    // Everything collected, as pieces in order; false if there is nothing, or if what was handed
    // out before has not been reported written.
    bool take(std::vector<std::string_view>& pieces);
    // The first `count` bytes of what was handed out have been written; none of it is used again.
    void finish(std::size_t count);
    // Forgets what was not handed out.
    void drop();

    bool empty() const { return pieces_.empty(); }
    bool in_progress() const { return in_progress_; }
    std::uint64_t appended() const { return appended_; }
    std::uint64_t handed_out() const { return handed_out_; }
    std::uint64_t written() const { return written_; }

  private:
    struct Piece {
        const char* data;  // null: at `offset` of text_
        std::size_t offset;
        std::size_t size;
    };

    std::vector<Piece> pieces_;
    std::string text_;
    std::string text_handed_out_;
    std::uint64_t appended_ = 0;
    std::uint64_t handed_out_ = 0;
    std::uint64_t written_ = 0;
    bool in_progress_ = false;
};

}  // namespace tocsin::mail
