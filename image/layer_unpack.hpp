// Unpacking one layer: compressed bytes in, a plain tree and two verified digests out. The stream is
// hostile until its digest has been checked, and its paths stay hostile after that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// Gives the next bytes of the compressed blob: fills up to `size` bytes, returns how many; 0 = end.
using ByteSource = std::function<StatusOr<size_t>(char* buffer, size_t size)>;

enum class Compression { kNone, kGzip, kZstd };

// From the first bytes of a stream (at least 4).
Compression DetectCompression(std::string_view head);

struct UnpackLimits {
  uint64_t max_bytes = 64ull << 30;  // of unpacked file content and tar framing together
  uint64_t max_entries = 4'000'000;
  uint64_t max_path = 4096;
  // Unpacked bytes per compressed byte of one layer, counted from 256 MiB on; 0 = any. gzip cannot pass 1032.
  uint64_t max_ratio = 2000;
};

// Zstandard streams may ask for a window of up to 128 MiB to decode with. Of those that want more than the usual
// 8 MiB one is decoded at a time in the whole daemon, so that many of them at once do not use up the memory.
// Thread-safe.
class WideWindows {
 public:
  // Waits for its turn. False when stopped meanwhile.
  bool Enter(const std::stop_token& stop);
  void Leave();

 private:
  std::mutex mutex_;
  std::condition_variable_any left_;
  bool taken_ = false;
};

// What one image may take, shared by the layers that are unpacked at the same time: their sum never
// passes the limits. Thread-safe.
class UnpackBudget {
 public:
  // `windows` are the daemon's; null where nothing else is unpacked.
  explicit UnpackBudget(const UnpackLimits& limits, WideWindows* windows = nullptr)
      : limits_(limits), windows_(windows) {}
  const UnpackLimits& limits() const { return limits_; }
  WideWindows* windows() const { return windows_; }

  // ResourceExhausted when that much is not left; then it is not taken.
  Status TakeBytes(uint64_t bytes);
  Status TakeEntries(uint64_t entries);

 private:
  const UnpackLimits limits_;
  WideWindows* const windows_;
  std::atomic<uint64_t> bytes_ = 0, entries_ = 0;
};

struct UnpackResult {
  std::string blob_digest;  // "sha256:…" of the compressed bytes
  std::string diff_id;      // "sha256:…" of the tar stream
  uint64_t disk_bytes = 0;  // of regular files
  uint64_t inodes = 0;
  // Directories that no entry names: the layers below may have more to say about them (layer_bridge.hpp).
  std::vector<std::string> implied;
};

// Unpacks into `directory`, which exists and is empty. Whiteouts become overlayfs ones (character device
// 0:0, trusted.overlay.opaque), owners, modes, times, xattrs and hard links are kept, device nodes are
// refused. A path through a link of the same layer is followed inside `directory`, as containerd does.
// Nothing is ever written outside `directory`, whatever the archive says. The hash of the tar
// stream runs beside the decoding. The compression is detected. On error the directory's content is
// undefined and the caller removes it. `windows` reads a Windows layer: the tree below Files/ only.
// With `digest`, a layer that makes no sense is read to its end: DataLoss when it is not the one meant.
StatusOr<UnpackResult> UnpackLayer(const ByteSource& source, const std::string& directory, bool windows,
                                   UnpackBudget& budget, std::stop_token stop, const std::string& digest = "");

// A full copy of an image where overlayfs is missing: applies layer trees (bottom first, with overlayfs
// whiteouts) into `directory`.
Status CopyLayers(const std::vector<std::string>& layers_bottom_first, const std::string& directory);

// Gives `directory` the owner and mode of the image's own root: that of the topmost layer (first in the list)
// that has another than the default, 0755 and root.
Status CopyRootLook(const std::vector<std::string>& layers_top_first, const std::string& directory);

// Whether overlayfs can be mounted with an upper directory below `directory`. ResourceExhausted when that cannot be
// found out just now.
StatusOr<bool> OverlayWorks(const std::string& directory);

}  // namespace jobpod
