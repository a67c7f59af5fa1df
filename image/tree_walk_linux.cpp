#include "image/tree_walk_linux.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string_view>

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kMaxOpen = 64;
constexpr size_t kMaxDepth = 1'000'000;  // some 32 bytes each

}  // namespace

Status TreeWalk::Run(Fd root) {
  RETURN_IF_ERROR(Push(std::move(root)));
  while (!levels_.empty()) RETURN_IF_ERROR(Step());
  return absl::OkStatus();
}

Status TreeWalk::Push(Fd directory) {
  struct stat info {};
  if (fstat(directory.get(), &info) != 0) return ErrnoStatus(errno, "look at a directory");
  if (!levels_.empty() && info.st_dev != levels_.front().device) return absl::OkStatus();
  if (levels_.size() >= kMaxDepth)
    return absl::ResourceExhaustedError(Concat("it is nested deeper than ", kMaxDepth, " directories"));
  Level level{{fdopendir(directory.get()), closedir}, info.st_dev, info.st_ino, 0};
  if (level.stream == nullptr) return ErrnoStatus(errno, "list a directory");
  directory.Release();
  levels_.push_back(std::move(level));
  if (levels_.size() <= kMaxOpen) return absl::OkStatus();
  Level& far = levels_[levels_.size() - 1 - kMaxOpen];
  if (far.stream != nullptr) far.position = telldir(far.stream.get());
  far.stream.reset();
  return absl::OkStatus();
}

Status TreeWalk::Step() {
  DIR* const stream = levels_.back().stream.get();
  const dirent* entry = readdir(stream);
  if (entry == nullptr) return Pop();
  const std::string_view name = entry->d_name;
  if (name == "." || name == "..") return absl::OkStatus();
  struct stat info {};
  if (fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return tolerant_ ? absl::OkStatus() : ErrnoStatus(errno, "look at a file");
  see_(info);
  if (!S_ISDIR(info.st_mode)) return absl::OkStatus();
  Fd inner(openat(dirfd(stream), entry->d_name, kDirectoryFlags));
  if (inner) return Push(std::move(inner));
  return tolerant_ ? absl::OkStatus() : ErrnoStatus(errno, "open a directory");
}

Status TreeWalk::Pop() {
  if (levels_.size() > 1) {
    Level& parent = levels_[levels_.size() - 2];
    if (parent.stream == nullptr) RETURN_IF_ERROR(Reopen(dirfd(levels_.back().stream.get()), parent));
  }
  levels_.pop_back();
  return absl::OkStatus();
}

// Only the very directory that was left: a moved one has another parent, be it outside the tree.
Status TreeWalk::Reopen(int child, Level& level) const {
  Fd directory(openat(child, "..", kDirectoryFlags));
  struct stat info {};
  if (!directory || fstat(directory.get(), &info) != 0) return ErrnoStatus(errno, "go back to a directory");
  if (info.st_dev != level.device || info.st_ino != level.inode)
    return absl::AbortedError("its directories are being moved; try again");
  level.stream.reset(fdopendir(directory.get()));
  if (level.stream == nullptr) return ErrnoStatus(errno, "list a directory");
  directory.Release();
  seekdir(level.stream.get(), level.position);
  return absl::OkStatus();
}

}  // namespace jobpod
