#include "image/blob_download.hpp"

#include <algorithm>
#include <vector>

namespace jobpod {
namespace {

constexpr int kMaxBreaks = 32;  // of one blob, progress or not

}  // namespace

Status BlobDownload::WrongSize(uint64_t actual) const {
  return absl::DataLossError(Concat("registry ", endpoint_.Name(), " sends ", actual, " bytes as blob ",
                                    blob_.digest, ", which has ", blob_.size));
}

Status BlobDownload::Open() {
  HttpHeaders headers;
  if (position_ > 0) headers.emplace_back("Range", Concat("bytes=", position_, "-"));
  ASSIGN_OR_RETURN(response_, endpoint_.Ask("GET", Concat("blobs/", blob_.digest), headers, stop_));
  const bool partial = response_->status() == 206;
  const uint64_t expected = partial ? blob_.size - position_ : blob_.size;
  if (response_->ContentLength().value_or(expected) != expected)
    return WrongSize(*response_->ContentLength());
  return partial ? absl::OkStatus() : Skip(position_);
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
  breaks_ = position_ > progress_at_break_ ? 1 : breaks_ + 1;
  progress_at_break_ = position_;
  if (breaks_ >= endpoint_.retry().attempts || ++total_breaks_ > kMaxBreaks)
    return absl::UnavailableError(Concat("RegistryUnavailable: registry ", endpoint_.Name(), " for blob ",
                                         blob_.digest, " at byte ", position_, ": ", why.message()));
  if (!WaitFor(endpoint_.retry().first_delay * (1 << std::min(breaks_ - 1, 6)), stop_))
    return absl::CancelledError("cancelled");
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
