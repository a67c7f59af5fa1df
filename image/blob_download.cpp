#include "image/blob_download.hpp"

#include <algorithm>
#include <vector>

namespace jobpod {
namespace {

constexpr int kMaxBreaks = 32;  // of one blob at one endpoint, progress or not

}  // namespace

Status BlobDownload::WrongSize(uint64_t actual) const {
  return absl::DataLossError(Concat("registry ", endpoint().Name(), " sends ", actual, " bytes as blob ",
                                    blob_.digest, ", which has ", blob_.size));
}

// False when the server has no ranges, or sends another one than was asked for.
StatusOr<bool> BlobDownload::OpenRest() {
  const HttpHeaders headers = {{"Range", Concat("bytes=", position_, "-")}};
  auto answer = endpoint().Ask("GET", Concat("blobs/", blob_.digest), headers, stop_);
  if (absl::IsFailedPrecondition(answer.status())) return false;  // 416, by its kind
  RETURN_IF_ERROR(answer.status());
  response_ = *std::move(answer);
  if (response_->status() != 206) {
    RETURN_IF_ERROR(Skip(position_));
    return true;
  }
  return response_->Header("Content-Range") == Concat("bytes ", position_, "-", blob_.size - 1, "/", blob_.size) &&
         response_->ContentLength().value_or(blob_.size - position_) == blob_.size - position_;
}

Status BlobDownload::OpenHere() {
  if (position_ > 0) {
    ASSIGN_OR_RETURN(const bool opened, OpenRest());
    if (opened) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(response_, endpoint().Ask("GET", Concat("blobs/", blob_.digest), {}, stop_));
  const uint64_t length = response_->ContentLength().value_or(blob_.size);
  if (length != blob_.size || response_->status() == 206) return WrongSize(length);
  return Skip(position_);
}

Status BlobDownload::Open() {
  while (true) {
    const Status opened = OpenHere();
    if (opened.ok() || AtLast() || stop_.stop_requested()) return opened;
    if (absl::IsUnavailable(opened)) endpoint().MarkDown();
    ++current_;
  }
}

// A server that does not know ranges sends everything again.
Status BlobDownload::Skip(uint64_t count) {
  std::vector<char> buffer(count > 0 ? 65536 : 0);
  while (count > 0) {
    ASSIGN_OR_RETURN(const size_t got,
                     response_->Read(buffer.data(), std::min<uint64_t>(buffer.size(), count)));
    if (got == 0) return WrongSize(position_ - count);
    count -= got;
  }
  return absl::OkStatus();
}

Status BlobDownload::Reopen(const Status& why) {
  if (!absl::IsUnavailable(why)) return why;
  response_.reset();
  // One that has sent something is asked for the rest, however little patience there is with mirrors.
  breaks_ = position_ > progress_at_break_ ? 0 : breaks_ + 1;
  progress_at_break_ = position_;
  const bool given_up = breaks_ >= endpoint().retry().attempts || ++total_breaks_ > kMaxBreaks;
  if (given_up && AtLast())
    return absl::UnavailableError(Concat("RegistryUnavailable: registry ", endpoint().Name(), " for blob ",
                                         blob_.digest, " at byte ", position_, ": ", why.message()));
  if (given_up) {
    endpoint().MarkDown();
    ++current_;
    breaks_ = total_breaks_ = 0;
  } else if (!WaitFor(BackOff(endpoint().retry(), breaks_), stop_)) {
    return absl::CancelledError("cancelled");
  }
  const Status opened = Open();
  return absl::IsUnavailable(opened) && response_ ? Reopen(opened) : opened;
}

StatusOr<size_t> BlobDownload::Read(char* buffer, size_t size) {
  while (true) {
    auto got = response_->Read(buffer, size);
    if (!got.ok()) {
      if (position_ == blob_.size && absl::IsUnavailable(got.status())) return 0;
      RETURN_IF_ERROR(Reopen(got.status()));
      continue;
    }
    position_ += *got;
    if (position_ > blob_.size || (*got == 0 && position_ != blob_.size)) return WrongSize(position_);
    if (on_bytes_ && *got > 0) on_bytes_(position_);
    return *got;
  }
}

}  // namespace jobpod
