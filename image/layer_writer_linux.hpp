// Layers as overlayfs stacks them.
#pragma once

#include <cstdint>
#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "image/layer_writer.hpp"
#include "image/tree_cursor_linux.hpp"

namespace jobpod {

class LinuxLayerWriter final : public LayerWriter {
 public:
  LinuxLayerWriter(Fd root, bool windows, UnpackBudget& budget);

  Status Write(const TarEntry& entry, TarReader& reader) override;
  Status Finish() override;
  uint64_t disk_bytes() const override { return disk_bytes_; }
  uint64_t inodes() const override { return made_ + cursor_.made(); }
  std::vector<std::string> Implied() const override {
    return {cursor_.implied().begin(), cursor_.implied().end()};
  }

 private:
  // The entry's place: an open directory and a name in it.
  struct Place {
    int directory;
    std::string name;
  };

  Status WriteWindows(TarEntry entry, PathParts parts, TarReader& reader);
  Status WriteAt(const TarEntry& entry, PathParts parts, TarReader& reader);
  Status WriteDirectory(const TarEntry& entry, const PathParts& parts);
  Status WriteFile(const TarEntry& entry, const Place& place, TarReader& reader);
  Status WriteSymlink(const TarEntry& entry, const Place& place);
  Status WriteHardLink(const TarEntry& entry, const Place& place);
  Status WriteFifo(const TarEntry& entry, const Place& place);
  Status WriteWhiteout(const Place& place);
  Status CopyContent(int file, TarReader& reader);
  Status CountInodes();

  TreeCursor cursor_;
  const bool windows_;
  UnpackBudget& budget_;
  uint64_t disk_bytes_ = 0, made_ = 0, counted_ = 0;
  bool foreign_ = false, known_ = false;  // entries of a Windows layer outside and inside its places
};

}  // namespace jobpod
