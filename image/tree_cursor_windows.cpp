#include "image/tree_cursor_windows.hpp"

#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "image/entry_metadata_windows.hpp"
#include "image/layer_mark_windows.hpp"
#include "image/tar_header.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxLevels = 256;
constexpr ACCESS_MASK kAccess = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY |
                                FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;

StatusOr<Handle> OpenOne(HANDLE parent, const std::string& name, ULONG disposition) {
  return OpenAt(parent, Wide(name), kAccess, disposition, FILE_DIRECTORY_FILE);
}

bool Has(HANDLE parent, const std::wstring& name) {
  return OpenAt(parent, name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0).ok();
}

// NTFS gives long names a second, short one ("LONGNA~1"), which is no name of the layer's.
bool IsShortName(HANDLE file, const std::string& name) {
  return name.find('~') != std::string::npos && !IsSameName(StoredName(file), Wide(name));
}

}  // namespace

StatusOr<Handle> OpenDirectoryBelow(HANDLE root, const PathParts& parts, size_t count) {
  Handle current;
  for (size_t at = 0; at < count; ++at) {
    ASSIGN_OR_RETURN(current, OpenOne(current ? current.get() : root, parts[at], FILE_OPEN));
  }
  return current;
}

TreeCursor::TreeCursor(Handle root) { levels_.push_back({std::move(root), "", {}}); }

StatusOr<HANDLE> TreeCursor::Enter(const PathParts& parts, size_t count) {
  size_t common = 0;
  while (common < count && common + 1 < levels_.size() && levels_[common + 1].name == parts[common]) ++common;
  while (levels_.size() > common + 1) RETURN_IF_ERROR(Pop());
  for (; common < count; ++common) RETURN_IF_ERROR(Push(parts[common]));
  return levels_.back().directory.get();
}

Status TreeCursor::Push(const std::string& name) {
  if (levels_.size() > kMaxLevels)
    return absl::InvalidArgumentError("its path is nested deeper than 255 directories");
  const HANDLE parent = levels_.back().directory.get();
  Level level{{}, name, {}};
  StatusOr<Handle> there = OpenOne(parent, name, FILE_OPEN);
  if (there.ok()) {
    level.directory = *std::move(there);
    if (IsShortName(level.directory.get(), name))
      return absl::InvalidArgumentError(Concat("its path names a directory of the layer by its short name, ", Quoted(name)));
    level.time = TimeOfFile(level.directory.get());
  } else if (Has(parent, Wide(name))) {
    return absl::InvalidArgumentError(Concat("its path leads through ", Quoted(name), ", which is no directory"));
  } else if (Has(parent, std::wstring(kLinkMark) + Wide(name))) {
    return absl::InvalidArgumentError(
        Concat("its path leads through the symbolic link ", Quoted(name), ", which is not followed"));
  } else {
    ASSIGN_OR_RETURN(level.directory, OpenOne(parent, name, FILE_CREATE));
    ++made_;
  }
  levels_.push_back(std::move(level));
  return absl::OkStatus();
}

Status TreeCursor::Pop() {
  const Level& level = levels_.back();
  if (level.time) RETURN_IF_ERROR(SetFileTime(level.directory.get(), *level.time));
  levels_.pop_back();
  return absl::OkStatus();
}

Status TreeCursor::Leave() {
  while (levels_.size() > 1) RETURN_IF_ERROR(Pop());
  const Level& root = levels_.front();
  return root.time ? SetFileTime(root.directory.get(), *root.time) : absl::OkStatus();
}

}  // namespace jobpod
