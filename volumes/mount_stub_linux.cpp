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
    bool directory = !last || wish.directory;
    done += "/" + names[i];
    int flags = O_PATH | (directory ? 0 : O_NOFOLLOW);
    StatusOr<Fd> next = OpenInRoot(base.get(), done, flags);
    if (absl::IsNotFound(next.status())) {
      RETURN_IF_ERROR(MakeOne(wish, at.get(), names[i], directory));
      next = OpenInRoot(base.get(), done, flags);
    }
    RETURN_IF_ERROR(next.status());
    at = *std::move(next);
    ASSIGN_OR_RETURN(std::string path, HostPathOf(at.get()));
    RETURN_IF_ERROR(TakeShare(wish.owner, path));
  }
  return CheckType(at.get(), wish);
}

Status MountStubs::MakeOne(const StubWish& wish, int parent, const std::string& name, bool directory) {
  ASSIGN_OR_RETURN(std::string parent_path, HostPathOf(parent));
  JournalEntry entry{wish.owner, directory ? kDirectoryKind : kFileKind, Join(parent_path, name)};
  struct stat info {};
  if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return CannotMake(entry.path, EEXIST);
  RETURN_IF_ERROR(journal_.Write(entry));
  int error = MakeAt(parent, name, directory);
  if (error != 0) {
    RETURN_IF_ERROR(journal_.Strike(entry.owner, entry.kind, entry.path));
    return error == EEXIST ? absl::OkStatus() : CannotMake(entry.path, error);  // somebody was faster: theirs
  }
  if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return CannotMake(entry.path, errno);
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
  std::vector<JournalEntry> entries = journal_.ForPath(entry.path);
  bool needed = std::any_of(entries.begin(), entries.end(), [&](const JournalEntry& other) {
    return other.owner != entry.owner && IsStub(other);
  });
  if (!needed) RETURN_IF_ERROR(RemoveIfOurs(entry));
  return journal_.Strike(entry.owner, entry.kind, entry.path);
}

}  // namespace jobpod
