#include "image/layer_stream.hpp"

#include <utility>

namespace jobpod {
namespace {

constexpr size_t kBuffers = 4;
constexpr size_t kBlobBuffer = 256u << 10;
constexpr size_t kTarBuffer = 1u << 20;

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

TarStream::TarStream(Decoder& decoder, HashThread& thread, uint64_t max_bytes, std::stop_token stop)
    : decoder_(decoder), ring_(thread, kBuffers, kTarBuffer), max_bytes_(max_bytes), stop_(std::move(stop)) {}

StatusOr<std::string_view> TarStream::Next() {
  RETURN_IF_ERROR(CheckStop(stop_));
  char* buffer = ring_.Acquire();
  // One byte more than allowed is enough to know.
  uint64_t left = max_bytes_ - bytes_;
  size_t want = left < kTarBuffer ? static_cast<size_t>(left) + 1 : kTarBuffer;
  ASSIGN_OR_RETURN(size_t got, decoder_.Read(buffer, want));
  bytes_ += got;
  ring_.Hash(got);
  if (bytes_ > max_bytes_) {
    return absl::ResourceExhaustedError(
        Concat("the layer unpacks to more than the allowed ", max_bytes_, " bytes"));
  }
  return std::string_view(buffer, got);
}

}  // namespace jobpod
