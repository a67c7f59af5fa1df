#include "image/tree_cursor_linux.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/file_linux.hpp"
#include "image/overlay_linux.hpp"
#include "image/tar_header.hpp"

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Status InTheWay(int parent, const std::string& name, int error) {
  struct stat info {};
  bool known = fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (known && S_ISLNK(info.st_mode)) {
    return absl::InvalidArgumentError(
        Concat("its path leads through the symbolic link ", Quoted(name), ", which is not followed"));
  }
  if (known && !S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(
        Concat("its path leads through ", Quoted(name), ", which is no directory"));
  }
  return ErrnoStatus(error, Concat("open directory ", Quoted(name)));
}

// Makes the directory and opens it. One that takes the place of a whiteout hides what the layers below
// have there.
StatusOr<Fd> MakeDirectory(int parent, const std::string& name) {
  const char* at = name.c_str();
  bool whiteout = IsWhiteoutAt(parent, name);
  if (whiteout && unlinkat(parent, at, 0) != 0) return ErrnoStatus(errno, Concat("replace ", Quoted(name)));
  if (mkdirat(parent, at, 0755) != 0) return InTheWay(parent, name, errno);
  Fd made(openat(parent, at, kDirectoryFlags));
  if (!made) return InTheWay(parent, name, errno);
  // Neither the umask nor a parent's setgid bit has a say.
  if (fchown(made.get(), 0, 0) != 0 || fchmod(made.get(), 0755) != 0) {
    return ErrnoStatus(errno, Concat("set the owner of ", Quoted(name)));
  }
  if (whiteout) RETURN_IF_ERROR(SetOpaque(made.get()));
  return made;
}

}  // namespace

StatusOr<Fd> OpenDirectoryNoFollow(int root, const PathParts& parts, size_t count) {
  Fd current(openat(root, ".", kDirectoryFlags));
  for (size_t at = 0; current && at < count; ++at) {
    Fd next(openat(current.get(), parts[at].c_str(), kDirectoryFlags));
    if (!next) return InTheWay(current.get(), parts[at], errno);
    current = std::move(next);
  }
  if (!current) return ErrnoStatus(errno, "open the layer's directory");
  return current;
}

TreeCursor::TreeCursor(Fd root) {
  levels_.push_back({std::move(root), ""});
}

StatusOr<int> TreeCursor::Enter(const PathParts& parts, size_t count) {
  size_t common = 0;
  while (common < count && common + 1 < levels_.size() && levels_[common + 1].name == parts[common]) ++common;
  while (levels_.size() > common + 1) RETURN_IF_ERROR(Pop());
  for (size_t at = common; at < count; ++at) RETURN_IF_ERROR(Push(parts[at]));
  return levels_.back().fd.get();
}

Status TreeCursor::Push(const std::string& name) {
  int parent = levels_.back().fd.get();
  Level level{Fd(openat(parent, name.c_str(), kDirectoryFlags)), name};
  if (level.fd) {
    struct stat info {};
    if (fstat(level.fd.get(), &info) != 0) return ErrnoStatus(errno, Concat("look at ", Quoted(name)));
    level.keep_time = true;
    level.mtime = info.st_mtim;
  } else {
    ASSIGN_OR_RETURN(level.fd, MakeDirectory(parent, name));
    ++made_;
  }
  levels_.push_back(std::move(level));
  return absl::OkStatus();
}

void TreeCursor::KeepTime(timespec mtime) {
  levels_.back().keep_time = true;
  levels_.back().mtime = mtime;
}

Status TreeCursor::ApplyTime(const Level& level) {
  timespec times[2] = {level.mtime, level.mtime};
  if (level.keep_time && futimens(level.fd.get(), times) != 0) {
    return ErrnoStatus(errno, Concat("set the time of directory ", Quoted(level.name)));
  }
  return absl::OkStatus();
}

Status TreeCursor::Pop() {
  RETURN_IF_ERROR(ApplyTime(levels_.back()));
  levels_.pop_back();
  return absl::OkStatus();
}

Status TreeCursor::Leave() {
  while (levels_.size() > 1) RETURN_IF_ERROR(Pop());
  return ApplyTime(levels_.front());
}

}  // namespace jobpod
