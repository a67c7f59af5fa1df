#include <isa-l/igzip_lib.h>

#include <cstring>

#include "image/decompress.hpp"

namespace jobpod {
namespace {

const char* Reason(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK:
      return "a block is malformed";
    case ISAL_INVALID_SYMBOL:
      return "a code is malformed";
    case ISAL_INVALID_LOOKBACK:
      return "it points back before its beginning";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
      return "a member's header is malformed";
    case ISAL_INCORRECT_CHECKSUM:
      return "a checksum is wrong";
    default:
      return "it cannot be decoded";
  }
}

// RFC 1952 wants them refused; ISA-L looks away.
constexpr uint32_t kReservedFlags = 0xE0;

enum class Part { kHeader, kData, kBetween };

class Gunzip final : public Decoder {
 public:
  explicit Gunzip(ByteStream& input) : input_(input) {
    isal_inflate_init(&state_);
    StartMember();
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    state_.next_out = reinterpret_cast<uint8_t*>(out);
    state_.avail_out = static_cast<uint32_t>(size);
    while (state_.avail_out > 0 && !ended_) RETURN_IF_ERROR(Step());
    return size - state_.avail_out;
  }

 private:
  uint64_t Offset() const { return received_ - state_.avail_in; }

  Status Damaged(std::string_view why) const {
    return absl::DataLossError(
        Concat("the gzip data is damaged at offset ", Offset(), ": ", why, "; fetch it again"));
  }

  // Keeps the input that is not used yet and the room for output.
  void StartMember() {
    isal_inflate_reset(&state_);
    isal_gzip_header_init(&header_);
    part_ = Part::kHeader;
  }

  Status Refill() {
    if (state_.avail_in > 0 || input_ended_) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string_view piece, input_.Next());
    input_ended_ = piece.empty();
    received_ += piece.size();
    // ISA-L reads only; its structure merely lacks the const.
    state_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(piece.data()));
    state_.avail_in = static_cast<uint32_t>(piece.size());
    return absl::OkStatus();
  }

  Status Step() {
    RETURN_IF_ERROR(Refill());
    switch (part_) {
      case Part::kHeader:
        return ReadHeader();
      case Part::kData:
        return Inflate();
      case Part::kBetween:
        break;
    }
    return BetweenMembers();
  }

  // Read apart: inflate on its own forgets where it was in a header that comes in pieces.
  Status ReadHeader() {
    bool starved = state_.avail_in == 0;
    int code = isal_read_gzip_header(&state_, &header_);
    if (code == ISAL_END_INPUT) return starved ? Damaged("it ends early") : absl::OkStatus();
    if (code != ISAL_DECOMP_OK) return Damaged(Reason(code));
    if ((header_.flags & kReservedFlags) != 0) return Damaged("a member's header has unknown flags");
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
    part_ = Part::kData;
    return absl::OkStatus();
  }

  Status Inflate() {
    uint32_t room = state_.avail_out;
    bool starved = state_.avail_in == 0;
    int code = isal_inflate(&state_);
    if (code < 0) return Damaged(Reason(code));
    if (code == ISAL_NEED_DICT) return Damaged("it needs a dictionary");
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      part_ = Part::kBetween;
    } else if (starved && state_.avail_out == room) {
      return Damaged("it ends early");
    }
    return absl::OkStatus();
  }

  Status BetweenMembers() {
    if (state_.avail_in == 0) {
      ended_ = true;
      return absl::OkStatus();
    }
    if (*state_.next_in == 0) return SkipPadding();
    if (*state_.next_in != 0x1F || padded_) {
      return absl::InvalidArgumentError(
          Concat("the gzip data is followed at offset ", Offset(), " by bytes that belong to nothing"));
    }
    StartMember();
    return absl::OkStatus();
  }

  // Zeros up to a block of tape or flash are no damage; they cannot be followed by a member.
  Status SkipPadding() {
    padded_ = true;
    while (state_.avail_in > 0 && *state_.next_in == 0) {
      ++state_.next_in;
      --state_.avail_in;
    }
    return absl::OkStatus();
  }

  ByteStream& input_;
  inflate_state state_{};
  isal_gzip_header header_{};
  Part part_ = Part::kHeader;
  uint64_t received_ = 0;
  bool padded_ = false, input_ended_ = false, ended_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Decoder>> MakeGunzip(ByteStream& input) {
  return std::make_unique<Gunzip>(input);
}

}  // namespace jobpod
