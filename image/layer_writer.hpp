// Writes the entries of one layer into its directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/layer_unpack.hpp"
#include "image/tar_reader.hpp"

namespace jobpod {

// Not thread-safe.
class LayerWriter {
 public:
  // Borrows `budget`. `windows`: the layer is one of Windows, its tree lies below Files/.
  static StatusOr<std::unique_ptr<LayerWriter>> Open(const std::string& directory, bool windows,
                                                     UnpackBudget& budget);
  virtual ~LayerWriter() = default;

  // Makes what `entry` says; a file's content is taken from `reader`. Errors name the entry.
  virtual Status Write(const TarEntry& entry, TarReader& reader) = 0;

  // Sets the last directories' times. Once, after the last entry.
  virtual Status Finish() = 0;

  virtual uint64_t disk_bytes() const = 0;
  virtual uint64_t inodes() const = 0;
  // Directories that no entry named, see layer_bridge.hpp.
  virtual std::vector<std::string> Implied() const = 0;
};

}  // namespace jobpod
