#include "cri/streaming/channel_message.hpp"

#include "base/base64.hpp"

namespace jobpod::streaming {
namespace {

constexpr uint8_t kHalfClose = 255;

Status Broken(std::string_view why) {
  return absl::InvalidArgumentError(Concat("the client breaks the subprotocol: ", why));
}

}  // namespace

ChannelForm ChannelFormOf(std::string_view subprotocol) {
  ChannelForm form;
  form.base64 = subprotocol.find("base64") != std::string_view::npos;
  form.half_close = subprotocol == "v5.channel.k8s.io";
  if (subprotocol.starts_with("v")) form.status = StatusForm::kJson;
  return form;
}

StatusOr<ChannelPiece> ChannelReader::Feed(std::string_view piece, bool last) {
  if (!number_ && !piece.empty()) {
    const auto head = static_cast<uint8_t>(piece[0]);
    number_ = form_.base64 ? static_cast<uint8_t>(head - '0') : head;
    piece.remove_prefix(1);
  }
  const bool closes = form_.half_close && number_ == kHalfClose;
  auto result = closes ? HalfClose(piece, last) : Content(piece, last);
  if (last) number_.reset();
  return result;
}

StatusOr<ChannelPiece> ChannelReader::Content(std::string_view piece, bool last) {
  if (!number_ || *number_ >= kChannels) return ChannelPiece();
  const auto channel = static_cast<ChannelNumber>(*number_);
  if (!form_.base64) return ChannelPiece{channel, piece};
  plain_.clear();
  bool valid = base64_.Feed(piece, plain_);
  if (last) {
    valid = valid && base64_.Finish();
    base64_.Restart();
  }
  if (!valid) return Broken("what it sends is no base64");
  return ChannelPiece{channel, plain_};
}

StatusOr<ChannelPiece> ChannelReader::HalfClose(std::string_view piece, bool last) {
  closing_ += piece.substr(0, 2);
  if (closing_.size() > 1 || (last && closing_.empty()))
    return Broken("what ends a channel is not two bytes long");
  if (!last) return ChannelPiece();
  const auto number = static_cast<uint8_t>(closing_[0]);
  closing_.clear();
  if (number >= kChannels) return Broken(Concat("it ends channel ", int{number}, ", which there is not"));
  return ChannelPiece{static_cast<ChannelNumber>(number), "", true};
}

char ChannelHead(ChannelNumber channel, const ChannelForm& form) {
  return static_cast<char>((form.base64 ? '0' : 0) + static_cast<int>(channel));
}

std::string_view ChannelBody(std::string_view bytes, const ChannelForm& form, std::string& encoded) {
  if (!form.base64) return bytes;
  encoded.clear();
  AppendBase64(bytes, encoded);
  return encoded;
}

}  // namespace jobpod::streaming
