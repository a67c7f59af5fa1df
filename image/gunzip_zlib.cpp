#include <zlib.h>

#include <cstring>

#include "image/decompress.hpp"

namespace jobpod {
namespace {

constexpr int kGzipOnly = MAX_WBITS + 16;

// Where ISA-L is missing.
class Gunzip final : public Decoder {
 public:
  Gunzip() = default;
  ~Gunzip() override { inflateEnd(&state_); }

  bool Start(ByteStream& input) {
    input_ = &input;
    return inflateInit2(&state_, kGzipOnly) == Z_OK;
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    state_.next_out = reinterpret_cast<Bytef*>(out);
    state_.avail_out = static_cast<uInt>(size);
    while (state_.avail_out > 0 && !ended_) {
      RETURN_IF_ERROR(Refill());
      RETURN_IF_ERROR(between_ ? BetweenMembers() : Inflate());
    }
    return size - state_.avail_out;
  }

 private:
  uint64_t Offset() const { return received_ - state_.avail_in; }

  Status Damaged(std::string_view why) const {
    return absl::DataLossError(
        Concat("the gzip data is damaged at offset ", Offset(), ": ", why, "; fetch it again"));
  }

  std::string_view Reason() const {
    const std::string_view words = state_.msg != nullptr ? state_.msg : "it cannot be decoded";
    if (words == "incorrect data check" || words == "incorrect length check") return "a checksum is wrong";
    return words;
  }

  Status Refill() {
    if (state_.avail_in > 0 || input_ended_) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string_view piece, input_->Next());
    input_ended_ = piece.empty();
    received_ += piece.size();
    // zlib reads only; its structure merely lacks the const.
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    state_.avail_in = static_cast<uInt>(piece.size());
    return absl::OkStatus();
  }

  Status Inflate() {
    const bool starved = state_.avail_in == 0;
    const uInt room = state_.avail_out;
    const int code = inflate(&state_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      between_ = true;
      return absl::OkStatus();
    }
    if (code == Z_NEED_DICT) return Damaged("it needs a dictionary");
    if (code == Z_MEM_ERROR) return absl::ResourceExhaustedError("no memory to decode gzip data");
    if (code != Z_OK && code != Z_BUF_ERROR) return Damaged(Reason());
    return starved && state_.avail_out == room ? Damaged("it ends early") : absl::OkStatus();
  }

  // Zeros up to a block of tape or flash are no damage; they cannot be followed by a member.
  Status BetweenMembers() {
    while (state_.avail_in > 0 && *state_.next_in == 0) {
      padded_ = true;
      ++state_.next_in;
      --state_.avail_in;
    }
    if (state_.avail_in == 0) {
      ended_ = input_ended_;
      return absl::OkStatus();
    }
    if (*state_.next_in != 0x1F || padded_)
      return absl::InvalidArgumentError(
          Concat("the gzip data is followed at offset ", Offset(), " by bytes that belong to nothing"));
    between_ = false;
    inflateReset(&state_);
    return absl::OkStatus();
  }

  ByteStream* input_ = nullptr;
  z_stream state_{};
  uint64_t received_ = 0;
  bool between_ = false, padded_ = false, input_ended_ = false, ended_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Decoder>> MakeGunzip(ByteStream& input) {
  auto gunzip = std::make_unique<Gunzip>();
  if (!gunzip->Start(input)) return absl::ResourceExhaustedError("no memory to decode gzip data");
  return gunzip;
}

}  // namespace jobpod
