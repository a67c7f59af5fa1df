#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <map>
#include <memory>

#include "base/file_linux.hpp"
#include "image/entry_metadata_linux.hpp"
#include "image/layer_unpack.hpp"
#include "image/overlay_linux.hpp"
#include "image/tree_cursor_linux.hpp"

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kMaxDepth = 256;

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// Shares the blocks where the file system can, else lets the kernel copy.
Status CopyBytes(int from, int to, uint64_t size) {
  if (ioctl(to, FICLONE, from) == 0) return absl::OkStatus();
  while (size > 0) {
    ssize_t sent = sendfile(to, from, nullptr, std::min<uint64_t>(size, 16u << 20));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return ErrnoStatus(errno, "copy its content");
    if (sent == 0) return absl::DataLossError("the layer's file became shorter while it was copied");
    size -= static_cast<uint64_t>(sent);
  }
  return absl::OkStatus();
}

// Applies one layer to the tree that the layers below it made.
class LayerCopier {
 public:
  explicit LayerCopier(int target) : target_(target) {}

  Status CopyDirectory(int from, int to) {
    if (place_.size() > kMaxDepth) return absl::InvalidArgumentError("the layer is nested too deep");
    Fd again(openat(from, ".", kDirectoryFlags));
    if (!again) return ErrnoStatus(errno, "open a directory of the layer");
    Directory stream(fdopendir(again.get()), closedir);
    if (stream == nullptr) return ErrnoStatus(errno, "list a directory of the layer");
    again.Release();
    while (dirent* found = readdir(stream.get())) {
      std::string name = found->d_name;
      if (name == "." || name == "..") continue;
      place_.push_back(name);
      RETURN_IF_ERROR(Annotate(CopyEntry(from, to, name), Concat("copy ", Quoted(name))));
      place_.pop_back();
    }
    struct stat info {};
    if (fstat(from, &info) != 0) return ErrnoStatus(errno, "look at a directory of the layer");
    return ApplyMetadata(to, MetadataOf(info, from), true);
  }

 private:
  Status CopyEntry(int from, int to, const std::string& name) {
    struct stat info {};
    if (fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, "look at it");
    if (S_ISDIR(info.st_mode)) return EnterDirectory(from, to, name);
    RETURN_IF_ERROR(RemoveTreeAt(to, name));
    if (S_ISREG(info.st_mode)) return CopyFile(from, to, name, info);
    if (S_ISLNK(info.st_mode)) return CopySymlink(from, to, name, info);
    if (!S_ISFIFO(info.st_mode)) return absl::OkStatus();  // a whiteout: removing was all; or a socket
    if (mkfifoat(to, name.c_str(), 0600) != 0) return ErrnoStatus(errno, "make the named pipe");
    return ApplyMetadataAt(to, name, MetadataOf(info, -1));
  }

  Status EnterDirectory(int from, int to, const std::string& name) {
    Fd source(openat(from, name.c_str(), kDirectoryFlags));
    if (!source) return ErrnoStatus(errno, "open it");
    Fd made(openat(to, name.c_str(), kDirectoryFlags));
    if (!made || IsOpaque(source.get())) {
      RETURN_IF_ERROR(RemoveTreeAt(to, name));
      if (mkdirat(to, name.c_str(), 0700) != 0) return ErrnoStatus(errno, "make the directory");
      made.Reset(openat(to, name.c_str(), kDirectoryFlags));
    }
    return made ? CopyDirectory(source.get(), made.get()) : ErrnoStatus(errno, "open the copy");
  }

  Status CopyFile(int from, int to, const std::string& name, const struct stat& info) {
    if (auto known = links_.find({info.st_dev, info.st_ino}); known != links_.end()) {
      const PathParts& first = known->second;
      ASSIGN_OR_RETURN(Fd parent, OpenDirectoryNoFollow(target_, first, first.size() - 1));
      if (linkat(parent.get(), first.back().c_str(), to, name.c_str(), 0) == 0) return absl::OkStatus();
      return ErrnoStatus(errno, "link it");
    }
    Fd source(openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!source) return ErrnoStatus(errno, "open it");
    Fd made(openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made) return ErrnoStatus(errno, "make the copy");
    RETURN_IF_ERROR(CopyBytes(source.get(), made.get(), static_cast<uint64_t>(info.st_size)));
    if (info.st_nlink > 1) links_[{info.st_dev, info.st_ino}] = place_;
    return ApplyMetadata(made.get(), MetadataOf(info, source.get()), true);
  }

  Status CopySymlink(int from, int to, const std::string& name, const struct stat& info) {
    char link[PATH_MAX];
    ssize_t size = readlinkat(from, name.c_str(), link, sizeof link - 1);
    if (size < 0) return ErrnoStatus(errno, "read the symbolic link");
    link[size] = '\0';
    if (symlinkat(link, to, name.c_str()) != 0) return ErrnoStatus(errno, "make the symbolic link");
    return ApplyMetadataAt(to, name, MetadataOf(info, -1));
  }

  const int target_;
  PathParts place_;                                     // of the entry being copied
  std::map<std::pair<dev_t, ino_t>, PathParts> links_;  // first copy of each file with several names
};

}  // namespace

Status CopyLayers(const std::vector<std::string>& layers_bottom_first, const std::string& directory) {
  ASSIGN_OR_RETURN(Fd target, OpenFile(directory, kDirectoryFlags));
  for (const std::string& layer : layers_bottom_first) {
    ASSIGN_OR_RETURN(Fd source, OpenFile(layer, kDirectoryFlags));
    Status copied = LayerCopier(target.get()).CopyDirectory(source.get(), target.get());
    RETURN_IF_ERROR(Annotate(copied, Concat("copy the layer ", layer, " to ", directory)));
  }
  return absl::OkStatus();
}

Status CopyRootLook(const std::vector<std::string>& layers_top_first, const std::string& directory) {
  ASSIGN_OR_RETURN(const Fd target, OpenFile(directory, kDirectoryFlags));
  for (const std::string& layer : layers_top_first) {
    struct stat info {};
    if (lstat(layer.c_str(), &info) != 0) return ErrnoStatus(errno, Concat("look at ", layer));
    if ((info.st_mode & 07777) == 0755 && info.st_uid == 0 && info.st_gid == 0) continue;
    if (fchown(target.get(), info.st_uid, info.st_gid) == 0 &&
        fchmod(target.get(), info.st_mode & 07777) == 0)
      return absl::OkStatus();
    return ErrnoStatus(errno, Concat("set the owner of ", directory));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
