#include "image/overlay_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>

namespace jobpod {

bool IsWhiteout(mode_t mode, dev_t device) {
  return S_ISCHR(mode) && device == makedev(0, 0);
}

bool IsWhiteoutAt(int directory, const std::string& name) {
  struct stat info {};
  return fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         IsWhiteout(info.st_mode, info.st_rdev);
}

bool IsOpaque(int directory) {
  char value = 0;
  return fgetxattr(directory, kOpaqueXattr, &value, 1) == 1 && value == 'y';
}

Status MakeWhiteout(int directory, const std::string& name) {
  if (mknodat(directory, name.c_str(), S_IFCHR, makedev(0, 0)) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "make its overlayfs whiteout (a character device 0:0)");
}

Status SetOpaque(int directory) {
  if (fsetxattr(directory, kOpaqueXattr, "y", 1, 0) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "mark its directory opaque (xattr trusted.overlay.opaque)");
}

}  // namespace jobpod
