// Length-prefixed frames on a local byte stream: a 4-byte little-endian length, then that many bytes.
// The one framing of the shim protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

inline constexpr size_t kMaxFrame = 16u << 20;

// The 4 bytes that go before a payload of `size` bytes.
std::string FrameHeader(size_t size);

// Collects bytes as they arrive and gives out whole frames. Not thread-safe.
class FrameReader {
 public:
  explicit FrameReader(size_t max_frame = kMaxFrame) : max_frame_(max_frame) {}

  void Append(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole frame, nothing when more bytes are needed, InvalidArgument when the announced
  // length is over the limit (the stream is unusable then).
  StatusOr<std::optional<std::string>> Next();

 private:
  size_t max_frame_;
  std::string buffer_;
};

}  // namespace jobpod
