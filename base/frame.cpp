#include "base/frame.hpp"

namespace jobpod {

std::string FrameHeader(size_t size) {
  std::string header(4, '\0');
  for (size_t i = 0; i < 4; ++i) header[i] = static_cast<char>(size >> (8 * i));
  return header;
}

StatusOr<std::optional<std::string>> FrameReader::Next() {
  if (buffer_.size() < 4) return std::nullopt;
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i)
    size |= static_cast<size_t>(static_cast<unsigned char>(buffer_[i])) << (8 * i);
  if (size > max_frame_) {
    return absl::InvalidArgumentError(Concat("frame of ", size, " bytes is over the limit of ", max_frame_));
  }
  if (buffer_.size() < 4 + size) return std::nullopt;
  std::string payload = buffer_.substr(4, size);
  buffer_.erase(0, 4 + size);
  return payload;
}

}  // namespace jobpod
