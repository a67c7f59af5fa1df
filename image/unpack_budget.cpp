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
