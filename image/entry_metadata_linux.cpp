#include "image/entry_metadata_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
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

}  // namespace jobpod
