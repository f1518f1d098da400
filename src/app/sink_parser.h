// SinkParser: as little of an SMTP server as a sender can work with. Counts, skips and answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/sink.h"

namespace tocsin::app {

class SinkParser {
  public:
    enum class Next { Read, Close };

    explicit SinkParser(SinkOptions::Chunking chunking) : chunking_(chunking) {
        output_ = "220 sink ESMTP\r\n";
    }

    Next feed(std::string_view bytes);
    // What is to be written, in one go.
    std::string& output() { return output_; }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    enum class Mode { Command, Data, Chunk };

    Next on_command(std::string_view line);
    // How much of `bytes` belongs to the message; ends Mode::Data at the final dot.
    std::size_t skip_data(std::string_view bytes);

    SinkOptions::Chunking chunking_;
    Mode mode_ = Mode::Command;
    std::uint64_t chunk_left_ = 0;
    bool last_chunk_ = false;
    int dot_ = 0;       // how much of LF "." CR LF has been seen at the end of the data so far
    std::string line_;  // a command that came in pieces
    std::string output_;
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace tocsin::app
