#include "volumes/pivot_linux.hpp"

#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace jobpod {

// The old root is put on top of the new one and taken off again: no directory for it is needed.
Status PivotInto(int root) {
  constexpr char kWhat[] = "make the image's files the root";
  if (fchdir(root) != 0) return ErrnoStatus(errno, kWhat);
  if (syscall(SYS_pivot_root, ".", ".") != 0) return ErrnoStatus(errno, kWhat);
  if (umount2(".", MNT_DETACH) != 0) return ErrnoStatus(errno, "leave the host's files");
  return chdir("/") == 0 ? absl::OkStatus() : ErrnoStatus(errno, kWhat);
}

}  // namespace jobpod
