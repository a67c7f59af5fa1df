#include "image/layer_stream.hpp"

#include "image/read_ahead.hpp"

#include <utility>

namespace jobpod {
namespace {

constexpr size_t kBuffers = ReadAhead::kPieces;
constexpr size_t kBlobBuffer = 256u << 10;
constexpr size_t kTarBuffer = 1u << 20;
constexpr uint64_t kRatioFrom = 256u << 20;

Status CheckStop(const std::stop_token& stop) {
  if (stop.stop_requested()) return absl::CancelledError("unpacking the layer was cancelled");
  return absl::OkStatus();
}

}  // namespace

BlobStream::BlobStream(const ByteSource& source, HashThread& thread, std::stop_token stop)
    : source_(source), ring_(thread, kBuffers, kBlobBuffer), stop_(std::move(stop)) {}

StatusOr<std::string_view> BlobStream::Next() {
  if (!peeked_.empty()) return std::exchange(peeked_, {});
  return Fill();
}

StatusOr<std::string_view> BlobStream::Peek() {
  if (peeked_.empty()) {
    ASSIGN_OR_RETURN(peeked_, Fill());
  }
  return peeked_;
}

// Fills a whole buffer: sources give small pieces, and the head must be whole to be recognised.
StatusOr<std::string_view> BlobStream::Fill() {
  char* buffer = ring_.Acquire();
  size_t filled = 0;
  while (filled < kBlobBuffer && !ended_) {
    RETURN_IF_ERROR(CheckStop(stop_));
    ASSIGN_OR_RETURN(size_t got, source_(buffer + filled, kBlobBuffer - filled));
    ended_ = got == 0;
    filled += got;
  }
  if (hashing_) ring_.Hash(filled);
  bytes_ += filled;
  return std::string_view(buffer, filled);
}

TarStream::TarStream(Decoder& decoder, const BlobStream& blob, HashThread& thread, UnpackBudget& budget,
                     std::stop_token stop)
    : decoder_(decoder),
      blob_(blob),
      ring_(thread, kBuffers, kTarBuffer),
      budget_(budget),
      stop_(std::move(stop)) {}

StatusOr<std::string_view> TarStream::Next() {
  RETURN_IF_ERROR(CheckStop(stop_));
  char* buffer = ring_.Acquire();
  ASSIGN_OR_RETURN(const size_t got, decoder_.Read(buffer, kTarBuffer));
  bytes_ += got;
  ring_.Hash(got);
  RETURN_IF_ERROR(budget_.TakeBytes(got));
  RETURN_IF_ERROR(CheckRatio());
  return std::string_view(buffer, got);
}

Status TarStream::CheckRatio() const {
  const uint64_t limit = budget_.limits().max_ratio;
  if (limit == 0 || bytes_ < kRatioFrom || bytes_ / limit <= blob_.bytes()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      Concat("the layer unpacks to more than the allowed ", limit, " times its compressed size"));
}

}  // namespace jobpod
