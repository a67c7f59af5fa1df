#include "image/tree_cursor_linux.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <iterator>

#include "base/file_linux.hpp"
#include "image/overlay_linux.hpp"
#include "image/tar_header.hpp"

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

constexpr size_t kMaxLevels = 256;  // each holds a descriptor
constexpr int kMaxLinks = 40;       // as many as the kernel follows
// Of paths that are remembered. Docker and BuildKit name every directory; 32 MiB are half a million.
constexpr uint64_t kMaxImplied = 32u << 20;

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

// Neither the umask nor a parent's setgid bit has a say.
StatusOr<Fd> MakeDirectory(int parent, const std::string& name) {
  const char* at = name.c_str();
  if (mkdirat(parent, at, 0755) != 0) return InTheWay(parent, name, errno);
  Fd made(openat(parent, at, kDirectoryFlags));
  if (!made) return InTheWay(parent, name, errno);
  if (fchown(made.get(), 0, 0) != 0 || fchmod(made.get(), 0755) != 0) {
    return ErrnoStatus(errno, Concat("set the owner of ", Quoted(name)));
  }
  return made;
}

}  // namespace

PathParts ReversedLinkParts(std::string_view target) {
  PathParts parts;
  while (!target.empty()) {
    const size_t slash = target.rfind('/');
    const std::string_view part = target.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    target = target.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return parts;
}

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
  const auto end = parts.begin() + static_cast<std::ptrdiff_t>(count);
  RETURN_IF_ERROR(Walk({std::make_reverse_iterator(end),
                        std::make_reverse_iterator(parts.begin() + static_cast<std::ptrdiff_t>(common))}));
  return levels_.back().fd.get();
}

// `pending` has the next part at its end.
Status TreeCursor::Walk(PathParts pending) {
  int links = 0;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (name == "..") {
      if (levels_.size() > 1) RETURN_IF_ERROR(Pop());
      continue;
    }
    ASSIGN_OR_RETURN(const bool entered, Push(name));
    if (entered) continue;
    if (++links > kMaxLinks) {
      return absl::InvalidArgumentError(
          Concat("its path leads through too many symbolic links, the last of them ", Quoted(name)));
    }
    RETURN_IF_ERROR(Follow(name, pending));
  }
  return absl::OkStatus();
}

Status TreeCursor::Follow(const std::string& name, PathParts& pending) {
  char target[PATH_MAX];
  const ssize_t size = readlinkat(levels_.back().fd.get(), name.c_str(), target, sizeof target);
  if (size < 0) return ErrnoStatus(errno, Concat("read the symbolic link ", Quoted(name)));
  if (size > 0 && target[0] == '/')
    while (levels_.size() > 1) RETURN_IF_ERROR(Pop());
  for (std::string& part : ReversedLinkParts({target, static_cast<size_t>(size)}))
    pending.push_back(std::move(part));
  return absl::OkStatus();
}

StatusOr<bool> TreeCursor::Push(const std::string& name) {
  if (levels_.size() > kMaxLevels) {
    return absl::InvalidArgumentError("its path is nested deeper than 255 directories");
  }
  const int parent = levels_.back().fd.get();
  Level level{Fd(openat(parent, name.c_str(), kDirectoryFlags)), name};
  struct stat info {};
  if (level.fd) {
    if (fstat(level.fd.get(), &info) != 0) return ErrnoStatus(errno, Concat("look at ", Quoted(name)));
    level.keep_time = true;
    level.mtime = info.st_mtim;
  } else {
    const bool there = fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && S_ISLNK(info.st_mode)) return false;
    RETURN_IF_ERROR(Make(level));
  }
  levels_.push_back(std::move(level));
  return true;
}

// A directory that takes the place of a whiteout hides what the layers below have there.
Status TreeCursor::Make(Level& level) {
  const int parent = levels_.back().fd.get();
  const bool whiteout = IsWhiteoutAt(parent, level.name);
  if (whiteout && unlinkat(parent, level.name.c_str(), 0) != 0)
    return ErrnoStatus(errno, Concat("replace ", Quoted(level.name)));
  ASSIGN_OR_RETURN(level.fd, MakeDirectory(parent, level.name));
  ++made_;
  if (whiteout) return SetOpaque(level.fd.get());
  const auto [path, fresh] = implied_.insert(PathOf(level.name));
  if (fresh) implied_bytes_ += path->size();
  if (implied_bytes_ <= kMaxImplied) return absl::OkStatus();
  return absl::ResourceExhaustedError("the layer has too many directories that no entry names");
}

std::string TreeCursor::PathOf(const std::string& name) const {
  std::string path;
  for (size_t level = 1; level < levels_.size(); ++level) path += Concat(levels_[level].name, "/");
  return path + name;
}

void TreeCursor::MarkNamed() {
  if (implied_.empty() || levels_.size() == 1) return;
  std::string path = PathOf("");
  path.pop_back();
  implied_.erase(path);
}

void TreeCursor::MarkNew(const std::string& name) {
  if (!implied_.empty()) implied_.erase(PathOf(name));
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
