#include "runtime/child_console_linux.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "runtime/console_linux.hpp"
#include "volumes/image_root_console_linux.hpp"

namespace jobpod {
namespace {

// The container may have put anything in its place: nothing but the device itself is used, and opening waits
// for nothing.
StatusOr<Fd> OpenMaster() {
  for (const char* path : {"/dev/pts/ptmx", "/dev/ptmx"}) {
    StatusOr<Fd> master = OpenFile(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    struct stat info {};
    if (!master.ok() || fstat(master->get(), &info) != 0) continue;
    if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(5, 2)) return master;
  }
  return absl::FailedPreconditionError("no terminal can be opened: /dev/pts/ptmx is missing or is no such device");
}

// TIOCGPTPEER opens the other side without looking for its name.
StatusOr<Fd> OpenSlave(int master) {
  int unlocked = 0;
  if (ioctl(master, TIOCSPTLCK, &unlocked) != 0) return ErrnoStatus(errno, "unlock a terminal");
  Fd slave(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return ErrnoStatus(errno, "open a terminal");
  return slave;
}

}  // namespace

StatusOr<Fd> OpenConsole(const LaunchPlan& plan, int socket) {
  ASSIGN_OR_RETURN(Fd master, OpenMaster());
  ASSIGN_OR_RETURN(Fd slave, OpenSlave(master.get()));
  if (fchown(slave.get(), plan.user().uid(), static_cast<gid_t>(-1)) != 0) {
    return ErrnoStatus(errno, "give the terminal to the user");
  }
  // An exec's plan has no mounts: the container's own terminal stays its console.
  if (plan.mounts().has_image_root()) RETURN_IF_ERROR(MountConsole(slave.get()));
  RETURN_IF_ERROR(SendHandle(socket, master.get()));
  return slave;
}

}  // namespace jobpod
