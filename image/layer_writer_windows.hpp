// Layers on Windows: plain files, and marks for what is none (layer_mark_windows.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file_windows.hpp"
#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "image/layer_writer.hpp"
#include "image/tree_cursor_windows.hpp"

namespace jobpod {

class WindowsLayerWriter final : public LayerWriter {
 public:
  // LinkFileAt, or what a test answers in its place.
  using Linker = std::function<Status(HANDLE file, HANDLE directory, std::wstring_view name)>;

  WindowsLayerWriter(Handle root, bool windows, UnpackBudget& budget, Linker linker = LinkFileAt)
      : cursor_(std::move(root)), windows_(windows), budget_(budget), linker_(std::move(linker)) {}

  Status Write(const TarEntry& entry, TarReader& reader) override;
  Status Finish() override;
  uint64_t disk_bytes() const override { return disk_bytes_; }
  uint64_t inodes() const override { return made_ + cursor_.made(); }
  // A directory that no entry names stands for itself: nothing but links could say otherwise.
  std::vector<std::string> Implied() const override { return {}; }

 private:
  Status Place(TarEntry entry, TarReader& reader);
  Status WriteAt(const TarEntry& entry, const PathParts& parts, TarReader& reader);
  Status WriteDirectory(const TarEntry& entry, const PathParts& parts);
  Status WriteFile(const TarEntry& entry, HANDLE directory, const std::string& name, TarReader& reader);
  Status WriteHardLink(const TarEntry& entry, HANDLE directory, const std::string& name);
  Status CopyInstead(HANDLE file, HANDLE directory, const std::string& name);
  Status WriteMarkOf(HANDLE directory, const std::wstring& name, std::string_view content);
  Status MakeRoom(HANDLE directory, const std::string& name);
  Status TakeLinkAway(HANDLE directory, const std::string& name);
  StatusOr<Handle> MakeFile(HANDLE directory, const std::string& name);
  Status CountInodes();

  TreeCursor cursor_;
  const bool windows_;
  UnpackBudget& budget_;
  const Linker linker_;
  uint64_t disk_bytes_ = 0, made_ = 0, counted_ = 0;
  bool linked_ = false;  // there are symbolic links
  bool foreign_ = false, known_ = false;  // entries of a Windows layer outside and inside its places
};

}  // namespace jobpod
