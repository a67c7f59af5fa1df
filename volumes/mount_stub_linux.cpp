#include "volumes/mount_stub_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/file_linux.hpp"
#include "base/log.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/path.hpp"

namespace jobpod {
namespace {

constexpr char kDirectoryKind[] = "stub-directory";
constexpr char kFileKind[] = "stub-file";
constexpr int kAttempts = 16;

// Where an open file lies now, links resolved.
StatusOr<std::string> HostPathOf(int fd) {
  std::string path(PATH_MAX, '\0');
  ssize_t size = readlink(DescriptorPath(fd).c_str(), path.data(), path.size());
  if (size < 0) return ErrnoStatus(errno, "find the path of a mount point");
  path.resize(static_cast<size_t>(size));
  return path;
}

std::string Join(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

Status CannotMake(const std::string& path, int error) {
  if (error == EEXIST) {
    return absl::FailedPreconditionError(Concat("Cannot make the mount point ", path,
                                                " on the host: a link that leads nowhere is in its place"));
  }
  return absl::FailedPreconditionError(Concat("Cannot make the mount point ", path,
                                              " on the host: ", strerror(error),
                                              "; create it on the host or choose another container_path"));
}

Status CheckType(int fd, const StubWish& wish) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return ErrnoStatus(errno, Concat("look at ", wish.path));
  if (S_ISDIR(info.st_mode) == wish.directory) return absl::OkStatus();
  return absl::FailedPreconditionError(Concat("Cannot mount at ", wish.path, ": it is a ",
                                              wish.directory ? "file" : "directory", " and the volume is a ",
                                              wish.directory ? "directory" : "file"));
}

// Makes it and returns errno, 0 when it is made.
int MakeAt(int parent, const std::string& name, bool directory) {
  if (directory) return mkdirat(parent, name.c_str(), 0755) == 0 ? 0 : errno;
  Fd file(openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  return file ? 0 : errno;
}

// 0 in the journal: the daemon died between announcing the thing and learning its identity.
bool IsOurs(const JournalEntry& entry, const struct stat& now) {
  bool same = entry.inode == 0 || (now.st_dev == entry.device && now.st_ino == entry.inode);
  if (entry.kind == kDirectoryKind) return same && S_ISDIR(now.st_mode);
  return same && S_ISREG(now.st_mode) && now.st_size == 0;
}

Status RemoveIfOurs(const JournalEntry& entry) {
  size_t slash = entry.path.rfind('/');
  std::string name = entry.path.substr(slash + 1);
  StatusOr<Fd> parent = OpenFile(entry.path.substr(0, slash + 1), O_PATH | O_DIRECTORY);
  if (absl::IsNotFound(parent.status())) return absl::OkStatus();
  RETURN_IF_ERROR(parent.status());
  struct stat now {};
  if (fstatat(parent->get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 || !IsOurs(entry, now)) {
    return absl::OkStatus();
  }
  int flags = entry.kind == kDirectoryKind ? AT_REMOVEDIR : 0;
  if (unlinkat(parent->get(), name.c_str(), flags) == 0) return absl::OkStatus();
  // In use by others now: not ours alone any more.
  if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY || errno == ENOENT) {
    log::info("the mount point {} stays on the host: {}", entry.path, strerror(errno));
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, Concat("Cannot remove the mount point ", entry.path));
}

}  // namespace

bool MountStubs::IsStub(const JournalEntry& entry) {
  return entry.kind == kDirectoryKind || entry.kind == kFileKind;
}

Status MountStubs::Make(const StubWish& wish) {
  ASSIGN_OR_RETURN(Fd base, OpenFile(wish.base, O_PATH | O_DIRECTORY));
  ASSIGN_OR_RETURN(Fd at, OpenInRoot(base.get(), ".", O_PATH | O_DIRECTORY));
  std::vector<std::string> names = PathNames(wish.path);
  std::string done;
  for (size_t i = 0; i < names.size(); ++i) {
    bool last = i + 1 == names.size();
    done += "/" + names[i];
    ASSIGN_OR_RETURN(at, Enter(wish, {base.get(), at.get(), done, names[i], !last || wish.directory}));
  }
  return CheckType(at.get(), wish);
}

// Where it really lies is seen only once it is open, and it may be gone again before that place is locked.
StatusOr<Fd> MountStubs::Enter(const StubWish& wish, const Part& part) {
  int flags = O_PATH | (part.directory ? 0 : O_NOFOLLOW);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    StatusOr<Fd> seen = OpenInRoot(part.base, part.path, flags);
    if (absl::IsNotFound(seen.status())) {
      RETURN_IF_ERROR(MakeOne(wish, part));
      continue;
    }
    RETURN_IF_ERROR(seen.status());
    ASSIGN_OR_RETURN(std::string path, HostPathOf(seen->get()));
    PathLocks::Hold hold(locks_, path);
    StatusOr<Fd> held = OpenInRoot(part.base, part.path, flags);
    if (absl::IsNotFound(held.status())) continue;
    RETURN_IF_ERROR(held.status());
    ASSIGN_OR_RETURN(std::string path_now, HostPathOf(held->get()));
    if (path_now != path) continue;
    RETURN_IF_ERROR(TakeShare(wish.owner, path));
    return held;
  }
  return absl::AbortedError(Concat("Cannot make the mount point ", wish.path,
                                   " on the host: others keep removing ", part.path, "; try again"));
}

Status MountStubs::MakeOne(const StubWish& wish, const Part& part) {
  ASSIGN_OR_RETURN(std::string parent_path, HostPathOf(part.parent));
  JournalEntry entry{wish.owner, part.directory ? kDirectoryKind : kFileKind, Join(parent_path, part.name)};
  PathLocks::Hold hold(locks_, entry.path);
  struct stat info {};
  if (fstatat(part.parent, part.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    return S_ISLNK(info.st_mode) ? CannotMake(entry.path, EEXIST) : absl::OkStatus();  // else: theirs, just made
  }
  RETURN_IF_ERROR(journal_.Write(entry));
  int error = MakeAt(part.parent, part.name, part.directory);
  if (error != 0) {
    RETURN_IF_ERROR(journal_.Strike(entry.owner, entry.kind, entry.path));
    return error == EEXIST ? absl::OkStatus() : CannotMake(entry.path, error);  // somebody was faster: theirs
  }
  if (fstatat(part.parent, part.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return CannotMake(entry.path, errno);
  entry.device = info.st_dev;
  entry.inode = info.st_ino;
  return journal_.Write(entry);
}

Status MountStubs::TakeShare(const std::string& owner, const std::string& path) {
  std::vector<JournalEntry> entries = journal_.ForPath(path);
  auto others = std::find_if(entries.begin(), entries.end(), IsStub);
  bool mine = std::any_of(entries.begin(), entries.end(),
                          [&](const JournalEntry& entry) { return entry.owner == owner && IsStub(entry); });
  if (others == entries.end() || mine) return absl::OkStatus();
  JournalEntry share = *others;
  share.owner = owner;
  return journal_.Write(share);
}

Status MountStubs::Undo(const JournalEntry& entry) {
  PathLocks::Hold hold(locks_, entry.path);
  std::vector<JournalEntry> entries = journal_.ForPath(entry.path);
  bool needed = std::any_of(entries.begin(), entries.end(), [&](const JournalEntry& other) {
    return other.owner != entry.owner && IsStub(other);
  });
  if (!needed) RETURN_IF_ERROR(RemoveIfOurs(entry));
  return journal_.Strike(entry.owner, entry.kind, entry.path);
}

}  // namespace jobpod
