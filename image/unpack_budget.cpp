#include "image/layer_unpack.hpp"

namespace jobpod {
namespace {

bool Take(std::atomic<uint64_t>& taken, uint64_t more, uint64_t limit) {
  uint64_t before = taken.load();
  do {
    if (more > limit - before) return false;
  } while (!taken.compare_exchange_weak(before, before + more));
  return true;
}

}  // namespace

bool WideWindows::Enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!left_.wait(lock, stop, [this] { return !taken_; })) return false;
  taken_ = true;
  return true;
}

void WideWindows::Leave() {
  const std::lock_guard lock(mutex_);
  taken_ = false;
  left_.notify_all();
}

Status UnpackBudget::TakeBytes(uint64_t bytes) {
  if (Take(bytes_, bytes, limits_.max_bytes)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      Concat("the image unpacks to more than the allowed ", limits_.max_bytes, " bytes"));
}

Status UnpackBudget::TakeEntries(uint64_t entries) {
  if (Take(entries_, entries, limits_.max_entries)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      Concat("the image has more than the allowed ", limits_.max_entries, " files and directories"));
}

}  // namespace jobpod
