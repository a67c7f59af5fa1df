// Copying a file's content: by sharing its blocks where the file system can (ReFS, Dev Drive), else byte by byte.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

struct CloneRange {
  uint64_t offset, size;
};

// The requests FSCTL_DUPLICATE_EXTENTS_TO_FILE wants for a file: whole clusters, less than 4 GiB each, the last one
// rounded up.
std::vector<CloneRange> CloneRanges(uint64_t size, uint64_t cluster);

// What is asked of the system, so that a test can answer.
struct CloneCalls {
  // Bytes of a cluster where the volume of the open file shares blocks, else 0.
  std::function<uint64_t(HANDLE file)> cluster;
  // Shares one range; false when the system refuses.
  std::function<bool(HANDLE from, HANDLE to, CloneRange range)> share;
};
CloneCalls SystemCloneCalls();

// Not thread-safe: one for each copy of a tree, from files of one volume to another.
class FileCloner {
 public:
  explicit FileCloner(CloneCalls calls = SystemCloneCalls()) : calls_(std::move(calls)) {}

  // `to` is new and empty; `from` has `size` bytes.
  Status Copy(HANDLE from, HANDLE to, uint64_t size);

  uint64_t shared() const { return shared_; }  // files

 private:
  bool Share(HANDLE from, HANDLE to, uint64_t size);
  Status CopyBytes(HANDLE from, HANDLE to, uint64_t size);

  const CloneCalls calls_;
  bool asked_ = false;
  uint64_t cluster_ = 0, shared_ = 0;
  std::vector<char> buffer_;
};

}  // namespace jobpod
