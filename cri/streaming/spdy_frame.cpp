#include "cri/streaming/spdy_frame.hpp"

namespace jobpod::streaming {
namespace {

constexpr uint32_t kControlBit = 0x80000000, kLengthMask = 0x00ffffff;
constexpr uint16_t kVersion = 3;

}  // namespace

uint32_t ReadNumber(std::string_view four) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(four[i]);
  return number;
}

void AppendNumber(std::string& out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xff));
}

FrameHead ParseFrameHead(std::string_view head) {
  const uint32_t first = ReadNumber(head), second = ReadNumber(head.substr(4));
  FrameHead out;
  out.control = (first & kControlBit) != 0;
  out.version = out.control ? first >> 16 & 0x7fff : 0;
  out.type = out.control ? first & 0xffff : 0;
  out.stream_id = out.control ? 0 : first;
  out.flags = static_cast<uint8_t>(second >> 24);
  out.length = second & kLengthMask;
  return out;
}

void AppendControl(std::string& out, FrameType type, uint8_t flags, std::string_view payload) {
  AppendNumber(out, kControlBit | uint32_t{kVersion} << 16 | static_cast<uint32_t>(type));
  AppendNumber(out, uint32_t{flags} << 24 | static_cast<uint32_t>(payload.size()));
  out += payload;
}

void AppendDataHead(std::string& out, uint32_t stream_id, uint8_t flags, size_t length) {
  AppendNumber(out, stream_id);
  AppendNumber(out, uint32_t{flags} << 24 | static_cast<uint32_t>(length));
}

void AppendReset(std::string& out, uint32_t stream_id, ResetReason reason) {
  std::string payload;
  AppendNumber(payload, stream_id);
  AppendNumber(payload, static_cast<uint32_t>(reason));
  AppendControl(out, FrameType::kRstStream, 0, payload);
}

void AppendPing(std::string& out, uint32_t id) {
  std::string payload;
  AppendNumber(payload, id);
  AppendControl(out, FrameType::kPing, 0, payload);
}

void AppendGoAway(std::string& out, uint32_t last_stream_id, GoAwayReason reason) {
  std::string payload;
  AppendNumber(payload, last_stream_id);
  AppendNumber(payload, static_cast<uint32_t>(reason));
  AppendControl(out, FrameType::kGoAway, 0, payload);
}

}  // namespace jobpod::streaming
