// Takes the bytes a SPDY client has sent apart into what happened. Knows the rules that need no more than the
// bytes themselves: frame lengths, versions, the order of stream ids, header blocks. No input or output.
#pragma once

#include <optional>
#include <variant>

#include "cri/streaming/spdy_frame.hpp"
#include "cri/streaming/spdy_headers.hpp"

namespace jobpod::streaming {

struct StreamOpened {
  uint32_t id = 0;
  bool finished = false;  // the client will send nothing on it
  SpdyHeaders headers;
};
// A piece of a data frame; `bytes` are those of the input.
struct StreamData {
  uint32_t id = 0;
  std::string_view bytes;
  bool finished = false;
};
struct StreamReset {
  uint32_t id = 0;
};
struct Pinged {
  uint32_t id = 0;
};
// Frames that change nothing here: SETTINGS, WINDOW_UPDATE, HEADERS, SYN_REPLY, GOAWAY. The clients of CRI
// neither keep nor grant SPDY's windows, so none are kept with them.
struct Ignored {};

using SpdyEvent = std::variant<Ignored, StreamOpened, StreamData, StreamReset, Pinged>;

// Not thread-safe.
class SpdyParser {
 public:
  // The next event of `input`, which it is taken from; none while more bytes are needed (control frames are
  // taken whole, data frames in pieces). InvalidArgument when the client breaks the protocol; then it is
  // over.
  StatusOr<std::optional<SpdyEvent>> Next(std::string_view& input);

  uint32_t last_stream_id() const { return last_stream_id_; }

  // The longest control frame that is accepted; the input buffer must hold it with its head.
  static constexpr size_t kLargestControl = 16u << 10;

 private:
  StatusOr<SpdyEvent> Control(const FrameHead& head, std::string_view payload);
  StatusOr<SpdyEvent> Opened(const FrameHead& head, std::string_view payload);
  Status SkipHeaders(std::string_view block);
  SpdyEvent Data(std::string_view& input);

  HeaderReader headers_;
  uint32_t last_stream_id_ = 0;
  std::optional<FrameHead> data_;  // the data frame that is under way; `length` is what is left of it
};

}  // namespace jobpod::streaming
