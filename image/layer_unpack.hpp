// Unpacking one layer: compressed bytes in, a plain tree and two verified digests out. The stream is
// hostile until its digest has been checked, and its paths stay hostile after that.
#pragma once

#include <cstdint>
#include <functional>
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
};

struct UnpackResult {
  std::string blob_digest;  // "sha256:…" of the compressed bytes
  std::string diff_id;      // "sha256:…" of the tar stream
  uint64_t compressed_bytes = 0;
  uint64_t disk_bytes = 0;  // of regular files
  uint64_t inodes = 0;
};

// Unpacks into `directory`, which exists and is empty. Whiteouts become overlayfs ones (character device
// 0:0, trusted.overlay.opaque), owners, modes, times, xattrs and hard links are kept, device nodes are
// refused. Nothing is ever written outside `directory`, whatever the archive says. The hash of the tar
// stream runs beside the decoding. The compression is detected. On error the directory's content is
// undefined and the caller removes it. `windows` reads a Windows layer: the tree below Files/ only.
StatusOr<UnpackResult> UnpackLayer(const ByteSource& source, const std::string& directory, bool windows,
                                   const UnpackLimits& limits, std::stop_token stop);

// A full copy of an image where overlayfs is missing: applies layer trees (bottom first, with overlayfs
// whiteouts) into `directory`.
Status CopyLayers(const std::vector<std::string>& layers_bottom_first, const std::string& directory);

// Whether overlayfs can be mounted with an upper directory below `directory`. Asked once at start.
bool OverlayWorks(const std::string& directory);

}  // namespace jobpod
