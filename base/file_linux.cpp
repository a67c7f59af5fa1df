#include "base/file_linux.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/id.hpp"

namespace jobpod {
namespace {

StatusOr<Fd> OpenHow(int directory, const std::string& path, int flags, mode_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    long fd = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    // EAGAIN: a rename raced with the lookup of `..`; the kernel asks for another try.
    if (errno == EINTR || (errno == EAGAIN && attempt < 16)) continue;
    return ErrnoStatus(errno, Concat("open ", path));
  }
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

bool IsDots(const char* name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

StatusOr<Directory> OpenForRemoval(int parent, const std::string& name, dev_t device) {
  int fd = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, Concat("open ", name));
  struct stat info {};
  if (fstat(fd, &info) == 0 && device != 0 && info.st_dev != device) {
    close(fd);
    return ErrnoStatus(EBUSY, Concat("something is mounted on ", name));
  }
  Directory stream(fdopendir(fd), closedir);
  if (stream != nullptr) return stream;
  const int error = errno;
  close(fd);
  return ErrnoStatus(error, Concat("list ", name));
}

// 0 = gone, 1 = a directory to enter, else errno.
int UnlinkOrEnter(int parent, const char* name) {
  if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return errno == ENOTEMPTY || errno == EEXIST ? 1 : errno;
}

// A tree may be nested hundreds of thousands deep. Few of its directories are open at a time: what lies
// deeper is moved up to the top first.
class TreeRemoval {
 public:
  Status Run(int parent, const std::string& name) {
    parent_ = parent;
    RETURN_IF_ERROR(Enter(parent, name));
    struct stat info {};
    if (fstat(dirfd(stack_.front().stream.get()), &info) != 0) return ErrnoStatus(errno, Concat("look at ", name));
    device_ = info.st_dev;
    while (!stack_.empty()) RETURN_IF_ERROR(Step());
    return absl::OkStatus();
  }

 private:
  struct Frame {
    Directory stream;
    std::string name;
  };
  static constexpr size_t kMaxOpen = 64;

  Status Enter(int parent, const std::string& name) {
    ASSIGN_OR_RETURN(Directory stream, OpenForRemoval(parent, name, device_));
    stack_.push_back({std::move(stream), name});
    return absl::OkStatus();
  }

  Status Step() {
    DIR* stream = stack_.back().stream.get();
    const dirent* entry = readdir(stream);
    if (entry == nullptr) return Leave();
    if (IsDots(entry->d_name)) return absl::OkStatus();
    const int outcome = UnlinkOrEnter(dirfd(stream), entry->d_name);
    if (outcome == 0) return absl::OkStatus();
    const std::string child = entry->d_name;
    if (outcome != 1) return ErrnoStatus(outcome, Concat("remove ", child));
    return stack_.size() < kMaxOpen ? Enter(dirfd(stream), child) : MoveUp(dirfd(stream), child);
  }

  Status MoveUp(int parent, const std::string& name) {
    const std::string fresh = Concat(".deep-", NewId().substr(0, 24));
    moved_ = true;
    if (renameat(parent, name.c_str(), dirfd(stack_.front().stream.get()), fresh.c_str()) == 0) return absl::OkStatus();
    return ErrnoStatus(errno, Concat("move ", name, " up"));
  }

  Status Leave() {
    if (stack_.size() == 1 && std::exchange(moved_, false)) {
      rewinddir(stack_.front().stream.get());  // a listing need not show what came after its start
      return absl::OkStatus();
    }
    const std::string done = std::move(stack_.back().name);
    stack_.pop_back();
    const int parent = stack_.empty() ? parent_ : dirfd(stack_.back().stream.get());
    if (unlinkat(parent, done.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, Concat("remove ", done));
  }

  int parent_ = -1;
  dev_t device_ = 0;
  std::vector<Frame> stack_;
  bool moved_ = false;
};

}  // namespace

StatusOr<Fd> OpenFile(const std::string& path, int flags, mode_t mode) {
  for (;;) {
    int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return Fd(fd);
    if (errno != EINTR) return ErrnoStatus(errno, Concat("open ", path));
  }
}

StatusOr<Fd> OpenBeneath(int directory, const std::string& path, int flags, mode_t mode) {
  return OpenHow(directory, path, flags, mode, RESOLVE_BENEATH);
}

StatusOr<Fd> OpenInRoot(int directory, const std::string& path, int flags, mode_t mode) {
  return OpenHow(directory, path, flags, mode, RESOLVE_IN_ROOT);
}

StatusOr<Fd> MakeDirectoriesInRoot(int directory, const std::string& path, mode_t mode) {
  std::string done = ".";
  ASSIGN_OR_RETURN(Fd current, OpenInRoot(directory, done, O_PATH | O_DIRECTORY));
  size_t at = 0;
  while (at < path.size()) {
    size_t end = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != ".." && mkdirat(current.get(), part.c_str(), mode) != 0 && errno != EEXIST) {
      return ErrnoStatus(errno, Concat("make directory ", path));
    }
    done += '/';
    done += part;
    // Resolved from the root each time: a link in the way stays inside.
    ASSIGN_OR_RETURN(current, OpenInRoot(directory, done, O_PATH | O_DIRECTORY));
  }
  return current;
}

Status RemoveTreeAt(int directory, const std::string& name) {
  int first = UnlinkOrEnter(directory, name.c_str());
  if (first == 0) return absl::OkStatus();
  if (first != 1) return ErrnoStatus(first, Concat("remove ", name));
  return TreeRemoval().Run(directory, name);
}

StatusOr<std::string> ReadAll(int fd, size_t max_bytes, std::string_view what) {
  std::string content;
  char buffer[16384];
  for (;;) {
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, Concat("read ", what));
    if (got == 0) return content;
    if (content.size() + static_cast<size_t>(got) > max_bytes) {
      return absl::ResourceExhaustedError(Concat(what, " is larger than ", max_bytes, " bytes"));
    }
    content.append(buffer, static_cast<size_t>(got));
  }
}

Status WriteAll(int fd, std::string_view data, std::string_view what) {
  while (!data.empty()) {
    ssize_t put = ::write(fd, data.data(), data.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoStatus(errno, Concat("write ", what));
    data.remove_prefix(static_cast<size_t>(put));
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  ASSIGN_OR_RETURN(Fd fd, OpenFile(path, O_RDONLY));
  return ReadAll(fd.get(), max_bytes, path);
}

Status WriteFileAtomic(const std::string& path, std::string_view content, uint32_t mode, bool sync) {
  std::string temporary = Concat(path, ".", NewId().substr(0, 12), ".tmp");
  ASSIGN_OR_RETURN(Fd fd, OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
  Status written = WriteAll(fd.get(), content, temporary);
  if (written.ok() && sync && fsync(fd.get()) != 0) written = ErrnoStatus(errno, Concat("sync ", path));
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = ErrnoStatus(errno, Concat("replace ", path));
  }
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (!sync) return absl::OkStatus();
  size_t slash = path.rfind('/');
  ASSIGN_OR_RETURN(Fd parent, OpenFile(slash == std::string::npos ? "." : path.substr(0, slash + 1),
                                       O_RDONLY | O_DIRECTORY));
  if (fsync(parent.get()) != 0) return ErrnoStatus(errno, Concat("sync directory of ", path));
  return absl::OkStatus();
}

Status MakeDirectories(const std::string& path, uint32_t mode) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    std::string prefix = path.substr(0, at);
    if (::mkdir(prefix.c_str(), mode) == 0 || errno == EEXIST) continue;
    if (struct stat info{}; ::stat(prefix.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    return ErrnoStatus(errno, Concat("make directory ", prefix));
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return ErrnoStatus(ENOTDIR, Concat("make directory ", path));
  }
  return absl::OkStatus();
}

Status RenamePath(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, Concat("rename ", from, " to ", to));
}

bool PathExists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

Status RemoveTree(const std::string& path) {
  size_t slash = path.rfind('/');
  std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  StatusOr<Fd> directory = OpenFile(parent, O_PATH | O_DIRECTORY);
  if (absl::IsNotFound(directory.status())) return absl::OkStatus();
  RETURN_IF_ERROR(directory.status());
  return Annotate(RemoveTreeAt(directory->get(), path.substr(slash + 1)), Concat("remove ", path));
}

}  // namespace jobpod
