#include <zstd.h>

#include "image/decompress.hpp"

namespace jobpod {
namespace {

constexpr int kMaxWindowLog = 27;  // 128 MiB, what `zstd --long` needs; more is refused

class Unzstd final : public Decoder {
 public:
  Unzstd(ByteStream& input, ZSTD_DCtx* context) : input_(input), context_(context, ZSTD_freeDCtx) {
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos < to.size && !ended_) RETURN_IF_ERROR(Step(to));
    return to.pos;
  }

 private:
  Status Damaged(std::string_view why) const {
    return absl::DataLossError(Concat("the zstd data is damaged at offset ",
                                      received_ - (from_.size - from_.pos), ": ", why, "; fetch it again"));
  }

  Status Step(ZSTD_outBuffer& to) {
    RETURN_IF_ERROR(Refill());
    bool starved = from_.pos == from_.size;
    if (starved && frame_done_) {
      ended_ = true;
      return absl::OkStatus();
    }
    size_t before = to.pos;
    size_t hint = ZSTD_decompressStream(context_.get(), &to, &from_);
    if (ZSTD_isError(hint)) return Damaged(ZSTD_getErrorName(hint));
    frame_done_ = hint == 0;
    if (starved && !frame_done_ && to.pos == before) return Damaged("it ends early");
    return absl::OkStatus();
  }

  Status Refill() {
    if (from_.pos < from_.size || input_ended_) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string_view piece, input_.Next());
    input_ended_ = piece.empty();
    received_ += piece.size();
    from_ = {piece.data(), piece.size(), 0};
    return absl::OkStatus();
  }

  ByteStream& input_;
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  ZSTD_inBuffer from_{nullptr, 0, 0};
  uint64_t received_ = 0;
  bool frame_done_ = false, input_ended_ = false, ended_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Decoder>> MakeUnzstd(ByteStream& input) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a zstd decoder");
  return std::make_unique<Unzstd>(input, context);
}

}  // namespace jobpod
