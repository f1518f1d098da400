#include "mail/gather_queue.h"

#include "base/check.h"

namespace tocsin::mail {

void GatherQueue::append(std::string_view text) {
    if (pieces_.empty() || pieces_.back().data != nullptr) {
        pieces_.push_back({nullptr, text_.size(), 0});
    }
    text_ += text;
    pieces_.back().size += text.size();
    appended_ += text.size();
}

void GatherQueue::append_reference(std::string_view bytes) {
    if (!bytes.empty()) {
        pieces_.push_back({bytes.data(), 0, bytes.size()});
        appended_ += bytes.size();
    }
}

bool GatherQueue::take(std::vector<std::string_view>& pieces) {
    if (in_progress_ || pieces_.empty()) {
        return false;
    }
    text_handed_out_.swap(text_);
    text_.clear();
    pieces.clear();
    for (const Piece& piece : pieces_) {
        const char* data =
            piece.data != nullptr ? piece.data : text_handed_out_.data() + piece.offset;
        pieces.emplace_back(data, piece.size);
    }
    pieces_.clear();
    handed_out_ = appended_;
    in_progress_ = true;
    return true;
}

void GatherQueue::finish(std::size_t count) {
    CHECK(in_progress_ && written_ + count <= handed_out_);
    written_ += count;
    in_progress_ = false;
}

void GatherQueue::drop() {
    pieces_.clear();
    text_.clear();
    appended_ = handed_out_;
}

}  // namespace tocsin::mail
