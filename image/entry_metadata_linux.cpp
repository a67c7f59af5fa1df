#include "image/entry_metadata_linux.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace jobpod {
namespace {

// trusted.* would let an image steer overlayfs itself (redirect, metacopy); labels and signatures of
// another host mean nothing here.
bool IsKept(std::string_view name) {
  if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
  return name == "security.capability" || name == "system.posix_acl_access" ||
         name == "system.posix_acl_default";
}

Status ApplyXattrs(int fd, const TarEntry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    if (!IsKept(name)) continue;
    if (fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0 || errno == ENOTSUP) continue;
    return ErrnoStatus(errno, Concat("set its xattr ", Quoted(name)));
  }
  return absl::OkStatus();
}

// The highest id is the kernel's "leave as it is".
Status CheckIds(const TarEntry& entry) {
  constexpr uint64_t kHighest = std::numeric_limits<uint32_t>::max() - 1;
  if (entry.uid <= kHighest && entry.gid <= kHighest) return absl::OkStatus();
  return absl::InvalidArgumentError("its owner is no valid user or group id");
}

}  // namespace

timespec TimeOf(const TarEntry& entry) {
  return {.tv_sec = entry.mtime, .tv_nsec = entry.mtime_nanos};
}

// The order matters: a change of owner clears setuid bits and capabilities.
Status ApplyMetadata(int fd, const TarEntry& entry, bool with_time) {
  RETURN_IF_ERROR(CheckIds(entry));
  if (fchown(fd, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) != 0) {
    return ErrnoStatus(errno, "set its owner");
  }
  if (fchmod(fd, entry.mode) != 0) return ErrnoStatus(errno, "set its mode");
  RETURN_IF_ERROR(ApplyXattrs(fd, entry));
  timespec times[2] = {TimeOf(entry), TimeOf(entry)};
  if (with_time && futimens(fd, times) != 0) return ErrnoStatus(errno, "set its time");
  return absl::OkStatus();
}

Status ApplyMetadataAt(int directory, const std::string& name, const TarEntry& entry) {
  RETURN_IF_ERROR(CheckIds(entry));
  const char* at = name.c_str();
  if (fchownat(directory, at, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid),
               AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrnoStatus(errno, "set its owner");
  }
  // Nobody else works in this tree, so the name is still what was just made and no link.
  if (entry.type != '2' && fchmodat(directory, at, entry.mode, 0) != 0) {
    return ErrnoStatus(errno, "set its mode");
  }
  timespec times[2] = {TimeOf(entry), TimeOf(entry)};
  if (utimensat(directory, at, times, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, "set its time");
  return absl::OkStatus();
}

TarEntry MetadataOf(const struct stat& info, int fd) {
  TarEntry entry;
  entry.type = S_ISLNK(info.st_mode) ? '2' : '0';
  entry.mode = info.st_mode & 07777;
  entry.uid = info.st_uid;
  entry.gid = info.st_gid;
  entry.mtime = info.st_mtim.tv_sec;
  entry.mtime_nanos = static_cast<int32_t>(info.st_mtim.tv_nsec);
  std::string names(XATTR_LIST_MAX, '\0'), value(XATTR_SIZE_MAX, '\0');
  ssize_t listed = fd < 0 ? 0 : flistxattr(fd, names.data(), names.size());
  for (ssize_t at = 0; at < listed; at += static_cast<ssize_t>(strlen(names.data() + at)) + 1) {
    ssize_t size = fgetxattr(fd, names.data() + at, value.data(), value.size());
    if (size >= 0) entry.xattrs[names.data() + at] = value.substr(0, static_cast<size_t>(size));
  }
  return entry;
}

}  // namespace jobpod
