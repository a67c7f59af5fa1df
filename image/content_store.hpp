// Small blobs (manifests and configs) as files named by their digest. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

class ContentStore {
 public:
  explicit ContentStore(const std::string& root);

  // The bytes, verified; DataLoss when they do not match, NotFound when there are none.
  StatusOr<std::string> Read(const std::string& digest) const;

  // `bytes` must have this digest. Not synced: the commit of an image does that for everything.
  Status Write(const std::string& digest, std::string_view bytes) const;
  Status Remove(const std::string& digest) const;

  StatusOr<std::vector<std::string>> List() const;
  // Removes what a Write that was cut short left. Only before the first Write.
  void Sweep() const;
  uint64_t TotalBytes() const;

 private:
  std::string Path(const std::string& digest) const;

  const std::string directory_;
};

}  // namespace jobpod
