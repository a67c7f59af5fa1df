#include "cri/streaming/spdy_parser.hpp"

namespace jobpod::streaming {
namespace {

constexpr uint32_t kIdMask = 0x7fffffff;

Status Broken(std::string_view why) {
  return absl::InvalidArgumentError(Concat("the client breaks SPDY/3.1: ", why));
}

// The least length of a control frame's payload; none for types that do not exist.
std::optional<size_t> LeastLength(uint16_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kSynStream:
      return 10;
    case FrameType::kRstStream:
    case FrameType::kGoAway:
    case FrameType::kWindowUpdate:
      return 8;
    case FrameType::kSynReply:
    case FrameType::kSettings:
    case FrameType::kPing:
    case FrameType::kHeaders:
      return 4;
  }
  return std::nullopt;
}

Status CheckControl(const FrameHead& head) {
  if (head.version != 3) return Broken(Concat("a frame of version ", head.version));
  const auto least = LeastLength(head.type);
  if (!least) return Broken(Concat("a frame of the unknown type ", head.type));
  if (head.length < *least) return Broken(Concat("a frame of type ", head.type, " is too short"));
  if (head.length > SpdyParser::kLargestControl)
    return Broken(Concat("a control frame of ", head.length, " bytes"));
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::optional<SpdyEvent>> SpdyParser::Next(std::string_view& input) {
  if (data_ && (!input.empty() || data_->length == 0)) return std::optional(Data(input));
  if (data_ || input.size() < kFrameHeadBytes) return std::optional<SpdyEvent>();
  const FrameHead head = ParseFrameHead(input);
  if (!head.control) {
    input.remove_prefix(kFrameHeadBytes);
    if (head.stream_id % 2 == 0 || head.stream_id > last_stream_id_)
      return Broken(Concat("data on stream ", head.stream_id, ", which was never opened"));
    data_ = head;
    return Next(input);
  }
  RETURN_IF_ERROR(CheckControl(head));
  if (input.size() < kFrameHeadBytes + head.length) return std::optional<SpdyEvent>();
  const std::string_view payload = input.substr(kFrameHeadBytes, head.length);
  input.remove_prefix(kFrameHeadBytes + head.length);
  ASSIGN_OR_RETURN(SpdyEvent event, Control(head, payload));
  return std::optional(std::move(event));
}

SpdyEvent SpdyParser::Data(std::string_view& input) {
  StreamData data;
  data.id = data_->stream_id;
  data.bytes = input.substr(0, data_->length);
  input.remove_prefix(data.bytes.size());
  data_->length -= static_cast<uint32_t>(data.bytes.size());
  data.finished = data_->length == 0 && (data_->flags & kFlagFin) != 0;
  if (data_->length == 0) data_.reset();
  return data;
}

StatusOr<SpdyEvent> SpdyParser::Control(const FrameHead& head, std::string_view payload) {
  switch (static_cast<FrameType>(head.type)) {
    case FrameType::kSynStream:
      return Opened(head, payload);
    case FrameType::kRstStream:
      return StreamReset{ReadNumber(payload) & kIdMask};
    case FrameType::kPing:
      return Pinged{ReadNumber(payload)};
    case FrameType::kSynReply:
    case FrameType::kHeaders:
      RETURN_IF_ERROR(SkipHeaders(payload.substr(4)));
      break;
    default:
      break;
  }
  return Ignored{};
}

// Client ids are odd and rise (2.3.2).
StatusOr<SpdyEvent> SpdyParser::Opened(const FrameHead& head, std::string_view payload) {
  const uint32_t id = ReadNumber(payload) & kIdMask;
  if (id % 2 == 0 || id <= last_stream_id_)
    return Broken(Concat("it opens stream ", id, " behind ", last_stream_id_));
  last_stream_id_ = id;
  ASSIGN_OR_RETURN(SpdyHeaders headers, headers_.Read(payload.substr(10)));
  return StreamOpened{id, (head.flags & kFlagFin) != 0, std::move(headers)};
}

// The block must go through the decompressor even when nobody wants it.
Status SpdyParser::SkipHeaders(std::string_view block) {
  return headers_.Read(block).status();
}

}  // namespace jobpod::streaming
