#include "volumes/rootfs_walk_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>
#include <vector>

#include "base/file_linux.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/path.hpp"

namespace jobpod {
namespace {

constexpr int kMaxLinks = 40;  // the kernel's own bound

StatusOr<std::string> ReadLink(int link, const std::string& path) {
  std::string target(PATH_MAX, '\0');
  ssize_t size = readlinkat(link, "", target.data(), target.size());
  if (size <= 0) return ErrnoStatus(size == 0 ? ENOENT : errno, Concat("read link ", path));
  target.resize(static_cast<size_t>(size));
  return target;
}

StatusOr<mode_t> TypeOf(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return ErrnoStatus(errno, Concat("look at ", path));
  return info.st_mode & S_IFMT;
}

// How many names of `names`, from the first on, are "..".
size_t LeadingUps(const std::vector<std::string>& names) {
  size_t ups = 0;
  while (ups < names.size() && names[ups] == "..") ++ups;
  return ups;
}

class RootfsWalk {
 public:
  RootfsWalk(std::string path, uint64_t mount) : path_(std::move(path)), mount_(mount) {}

  static StatusOr<RootfsWalk> Start(int root, const std::string& path) {
    ASSIGN_OR_RETURN(uint64_t mount, MountIdOf(root));
    RootfsWalk walk(path, mount);
    ASSIGN_OR_RETURN(Fd top, OpenInRoot(root, ".", O_PATH | O_DIRECTORY));
    walk.directories_.push_back(std::move(top));
    for (std::string& name : PathNames(path)) walk.rest_.push_back(std::move(name));
    return walk;
  }

  // Walks until `keep` names are left.
  Status Go(size_t keep) {
    while (rest_.size() > keep) {
      std::string name = std::move(rest_.front());
      rest_.pop_front();
      if (name != "..") {
        RETURN_IF_ERROR(Step(name));
      } else if (directories_.size() > 1) {
        directories_.pop_back();
      }
    }
    return absl::OkStatus();
  }

  Fd TakeDirectory() { return std::move(directories_.back()); }

  // A file in the directory reached, to attach on.
  StatusOr<Fd> FileTarget(const std::string& name) {
    ASSIGN_OR_RETURN(bool ours, OnRootMount(current()));
    Fd found(openat(current(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!found && errno == ENOENT && ours) return MakeFile(name);
    if (!found) return Error(errno);
    ASSIGN_OR_RETURN(mode_t type, TypeOf(found.get(), path_));
    if (type == S_IFDIR) return Error(EISDIR);
    if (type != S_IFLNK || !ours) return found;
    if (unlinkat(current(), name.c_str(), 0) != 0) return Error(errno);
    return MakeFile(name);
  }

 private:
  int current() const { return directories_.back().get(); }

  Status Error(int error) const {
    return ErrnoStatus(error, Concat("make room for ", path_, " in the rootfs"));
  }

  StatusOr<bool> OnRootMount(int fd) const {
    ASSIGN_OR_RETURN(uint64_t mount, MountIdOf(fd));
    return mount == mount_;
  }

  StatusOr<Fd> MakeFile(const std::string& name) {
    Fd made(openat(current(), name.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!made) return Error(errno);
    return made;
  }

  StatusOr<Fd> OpenOrMake(const std::string& name) {
    for (bool made : {false, true}) {
      int fd = openat(current(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0) return Fd(fd);
      if (errno != ENOENT || made) break;
      ASSIGN_OR_RETURN(bool ours, OnRootMount(current()));
      if (!ours) return Error(ENOENT);
      if (mkdirat(current(), name.c_str(), 0755) != 0) break;
    }
    return Error(errno);
  }

  Status Step(const std::string& name) {
    ASSIGN_OR_RETURN(Fd next, OpenOrMake(name));
    ASSIGN_OR_RETURN(mode_t type, TypeOf(next.get(), path_));
    if (type == S_IFLNK) return Follow(name, next.get());
    if (type != S_IFDIR) return Error(ENOTDIR);
    directories_.push_back(std::move(next));
    return absl::OkStatus();
  }

  Status Follow(const std::string& name, int link) {
    if (++links_ > kMaxLinks) return Error(ELOOP);
    ASSIGN_OR_RETURN(std::string target, ReadLink(link, path_));
    std::vector<std::string> names = PathNames(target);
    bool absolute = target.front() == '/';
    size_t ups = LeadingUps(names);
    if (absolute || ups >= directories_.size()) {
      names.erase(names.begin(), names.begin() + static_cast<ptrdiff_t>(ups));
      RETURN_IF_ERROR(KeepInside(name, names));
      directories_.resize(1);
    }
    rest_.insert(rest_.begin(), names.begin(), names.end());
    return absl::OkStatus();
  }

  // Replaces a link by one that says the same relative to its own directory, so that a program that looks it
  // up below the mount point stays in the rootfs. `names` start at the rootfs' top.
  Status KeepInside(const std::string& name, const std::vector<std::string>& names) {
    ASSIGN_OR_RETURN(bool ours, OnRootMount(current()));
    if (!ours) return absl::OkStatus();
    std::string target = directories_.size() == 1 ? "./" : "";
    for (size_t depth = 1; depth < directories_.size(); ++depth) target += "../";
    for (const std::string& part : names) target += part + "/";
    target.pop_back();
    if (unlinkat(current(), name.c_str(), 0) != 0) return Error(errno);
    if (symlinkat(target.c_str(), current(), name.c_str()) != 0) return Error(errno);
    return absl::OkStatus();
  }

  std::string path_;
  uint64_t mount_;
  std::vector<Fd> directories_;   // real directories from the root down to where the walk is
  std::deque<std::string> rest_;  // names still to walk
  int links_ = 0;
};

}  // namespace

StatusOr<Fd> MakeRootfsTarget(int root, const std::string& path, bool directory) {
  std::vector<std::string> names = PathNames(path);
  if (names.empty()) return absl::InvalidArgumentError(Concat(path, " names the rootfs itself"));
  ASSIGN_OR_RETURN(RootfsWalk walk, RootfsWalk::Start(root, path));
  RETURN_IF_ERROR(walk.Go(directory ? 0 : 1));
  if (directory) return walk.TakeDirectory();
  return walk.FileTarget(names.back());
}

StatusOr<RootfsPlace> MakeRootfsParent(int root, const std::string& path) {
  std::vector<std::string> names = PathNames(path);
  if (names.empty()) return absl::InvalidArgumentError(Concat(path, " names the rootfs itself"));
  ASSIGN_OR_RETURN(RootfsWalk walk, RootfsWalk::Start(root, path));
  RETURN_IF_ERROR(walk.Go(1));
  return RootfsPlace{walk.TakeDirectory(), names.back()};
}

}  // namespace jobpod
