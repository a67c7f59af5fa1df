// For tests: tar streams built by hand, sources over strings, a directory that removes itself.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "image/layer_unpack.hpp"

namespace jobpod::test {

struct TarItem {
  std::string name;
  char type = '0';
  std::string content, link;
  uint32_t mode = 0644;
  uint64_t uid = 0, gid = 0;
  int64_t mtime = 1'000'000'000;
  std::map<std::string, std::string> pax;  // a pax header goes before the entry when there are any
};

std::string TarBlocks(const TarItem& item);
// One header block with a right checksum; `size` is what it announces.
std::string TarHeaderBlock(const TarItem& item, uint64_t size);
std::string PaxRecord(std::string_view key, std::string_view value);
// All items and the two empty blocks.
std::string Tar(const std::vector<TarItem>& items);
// Puts the checksum of a header block right again after a test changed it.
void FixChecksum(std::string& tar, size_t offset = 0);

std::string Gzip(std::string_view bytes, int level = 6);
std::string Zstd(std::string_view bytes, int window_log = 0);

// Gives at most `piece` bytes a call.
ByteSource Source(std::string bytes, size_t piece = 1u << 20);

// A fresh directory below the system's temporary one, removed with all its content at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// UnpackLayer with no stop and the given limits.
StatusOr<UnpackResult> Unpack(const std::string& blob, const std::string& directory, bool windows = false,
                              const UnpackLimits& limits = {});

// Runs a shell command; its exit code.
int Shell(const std::string& command);

}  // namespace jobpod::test
