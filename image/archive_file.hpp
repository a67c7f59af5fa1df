// A file that is written to its end or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod {

// Not thread-safe.
class ArchiveFile {
 public:
  // Writes beside `path` (absolute), mode 0600, until Commit puts the file in its place.
  static StatusOr<std::unique_ptr<ArchiveFile>> Create(const std::string& path);
  virtual ~ArchiveFile() = default;  // removes what was not committed

  virtual Status Write(std::string_view bytes) = 0;
  // Makes it survive power loss.
  virtual Status Commit() = 0;
};

// `source`, with every byte it gives also written to the new file `path`.
StatusOr<ByteSource> Keeping(ByteSource source, const std::string& path);

}  // namespace jobpod
