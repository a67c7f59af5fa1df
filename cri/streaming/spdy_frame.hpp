// The frames of SPDY/3.1: heads apart, control frames put together. Numbers are big-endian. Source: the SPDY
// Protocol draft 3.1, section 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jobpod::streaming {

enum class FrameType : uint16_t {
  kSynStream = 1,
  kSynReply = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kHeaders = 8,
  kWindowUpdate = 9,
};

// Why a stream was reset (2.6.3).
enum class ResetReason : uint32_t { kProtocolError = 1, kInvalidStream = 2, kRefusedStream = 3, kCancel = 5 };
// Why a session ends (2.6.6).
enum class GoAwayReason : uint32_t { kOk = 0, kProtocolError = 1, kInternalError = 2 };

inline constexpr uint8_t kFlagFin = 0x01, kFlagUnidirectional = 0x02;
inline constexpr size_t kFrameHeadBytes = 8;
inline constexpr size_t kLargestDataFrame = 64u << 10;  // that is sent

struct FrameHead {
  bool control = false;
  uint16_t version = 0;    // control: 3
  uint16_t type = 0;       // control: a FrameType, or unknown
  uint32_t stream_id = 0;  // data
  uint8_t flags = 0;
  uint32_t length = 0;  // of what follows; below 2^24
};

uint32_t ReadNumber(std::string_view four);
void AppendNumber(std::string& out, uint32_t number);

// `head` has kFrameHeadBytes.
FrameHead ParseFrameHead(std::string_view head);

// Append whole frames; of data the head alone, the payload of `length` follows.
void AppendControl(std::string& out, FrameType type, uint8_t flags, std::string_view payload);
void AppendDataHead(std::string& out, uint32_t stream_id, uint8_t flags, size_t length);
void AppendReset(std::string& out, uint32_t stream_id, ResetReason reason);
void AppendPing(std::string& out, uint32_t id);
void AppendGoAway(std::string& out, uint32_t last_stream_id, GoAwayReason reason);

}  // namespace jobpod::streaming
