// The messages of the WebSocket subprotocols for remote commands: the number of a channel, then what the
// channel carries, as bytes or in base64. Source: Kubernetes' cri-streaming and client-go, which have them as
// channel.k8s.io and its successors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "cri/streaming/base64_reader.hpp"
#include "cri/streaming/status_json.hpp"

namespace jobpod::streaming {

// 0 to 4; a client's message for any other channel is passed over.
enum class ChannelNumber : uint8_t {
  kStandardInput = 0,
  kStandardOutput = 1,
  kStandardError = 2,
  kError = 3,
  kResize = 4,
};
inline constexpr size_t kChannels = 5;

struct ChannelForm {
  bool base64 = false;      // text messages: the number as a digit, the bytes in base64
  bool half_close = false;  // the message 255, N ends the client's direction of channel N
  StatusForm status = StatusForm::kText;
};

// "" is the oldest protocol's other name.
ChannelForm ChannelFormOf(std::string_view subprotocol);

// What a piece of a message brings; `bytes` are those of the input or of the reader.
struct ChannelPiece {
  std::optional<ChannelNumber> channel;  // none: nothing for anybody
  std::string_view bytes;
  bool ends = false;  // the client's direction of the channel is over
};

// Not thread-safe.
class ChannelReader {
 public:
  explicit ChannelReader(const ChannelForm& form) : form_(form) {}

  // The next piece of the connection's messages, `last` of its message or not. InvalidArgument when the
  // client breaks the subprotocol; then it is over. What was returned before is no longer valid.
  StatusOr<ChannelPiece> Feed(std::string_view piece, bool last);

 private:
  StatusOr<ChannelPiece> Content(std::string_view piece, bool last);
  StatusOr<ChannelPiece> HalfClose(std::string_view piece, bool last);

  const ChannelForm form_;
  std::optional<uint8_t> number_;  // of the message that is under way
  std::string closing_;            // its numbers when it is a half-close
  Base64Reader base64_;
  std::string plain_;
};

// What stands before `bytes` in a message, and how they are written there: as they are, or into `encoded`.
char ChannelHead(ChannelNumber channel, const ChannelForm& form);
std::string_view ChannelBody(std::string_view bytes, const ChannelForm& form, std::string& encoded);

}  // namespace jobpod::streaming
