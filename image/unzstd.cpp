#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <utility>

#include "image/decompress.hpp"

namespace jobpod {
namespace {

constexpr int kUsualWindowLog = 23;  // 8 MiB, what every decoder must take
constexpr int kMaxWindowLog = 27;    // 128 MiB, what `zstd --long` needs; more is refused
constexpr size_t kMaxFrameHead = 18;

class Unzstd final : public Decoder {
 public:
  Unzstd(ByteStream& input, ZSTD_DCtx* context, WideWindows* windows, std::stop_token stop)
      : input_(input), context_(context, ZSTD_freeDCtx), windows_(windows), stop_(std::move(stop)) {
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kUsualWindowLog);
  }
  ~Unzstd() override {
    context_.reset();
    if (wide_ && windows_ != nullptr) windows_->Leave();
  }
  Unzstd(const Unzstd&) = delete;
  Unzstd& operator=(const Unzstd&) = delete;

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
    if (frame_done_) frame_head_.clear();
    const size_t before = to.pos, taken = from_.pos;
    size_t hint = ZSTD_decompressStream(context_.get(), &to, &from_);
    if (ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge && !wide_) {
      RETURN_IF_ERROR(Widen(to));
      hint = ZSTD_decompressStream(context_.get(), &to, &from_);
    }
    if (!wide_ && frame_head_.size() < kMaxFrameHead)
      frame_head_.append(static_cast<const char*>(from_.src) + taken,
                         std::min(from_.pos - taken, kMaxFrameHead - frame_head_.size()));
    if (ZSTD_isError(hint)) return Damaged(ZSTD_getErrorName(hint));
    frame_done_ = hint == 0;
    if (starved && !frame_done_ && to.pos == before) return Damaged("it ends early");
    return absl::OkStatus();
  }

  // A decoder takes a new limit only where a frame begins: what came of this one's head is given to it again.
  Status Widen(ZSTD_outBuffer& to) {
    if (windows_ != nullptr && !windows_->Enter(stop_)) return absl::CancelledError("cancelled");
    wide_ = true;
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
    ZSTD_inBuffer head{frame_head_.data(), frame_head_.size(), 0};
    if (!frame_head_.empty()) ZSTD_decompressStream(context_.get(), &to, &head);
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
  WideWindows* const windows_;
  const std::stop_token stop_;
  std::string frame_head_;  // of the frame in work, as long as it may turn out to be wide
  bool wide_ = false;
  uint64_t received_ = 0;
  bool frame_done_ = false, input_ended_ = false, ended_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Decoder>> MakeUnzstd(ByteStream& input, WideWindows* windows, std::stop_token stop) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a zstd decoder");
  return std::make_unique<Unzstd>(input, context, windows, std::move(stop));
}

}  // namespace jobpod
