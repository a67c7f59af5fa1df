#include "volumes/new_mount_linux.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>

namespace jobpod {

StatusOr<Fd> NewMount(const char* type, std::initializer_list<MountOption> options, unsigned attributes) {
  Fd context(fsopen(type, FSOPEN_CLOEXEC));
  if (!context) return ErrnoStatus(errno, Concat("make a ", type));
  for (const MountOption& option : options) {
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, option.name, option.value, 0) != 0) {
      return ErrnoStatus(errno, Concat("make a ", type, " with ", option.name, "=", option.value));
    }
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return ErrnoStatus(errno, Concat("make a ", type));
  }
  Fd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount) return ErrnoStatus(errno, Concat("make a mount of a new ", type));
  return mount;
}

Status AddMountAttributes(int mount, unsigned attributes, bool recursive, const std::string& what) {
  mount_attr change{};
  change.attr_set = attributes;
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  if (mount_setattr(mount, "", flags, &change, sizeof change) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, what);
}

}  // namespace jobpod
