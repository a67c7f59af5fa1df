#include "volumes/image_root_console_linux.hpp"

#include <fcntl.h>

#include "base/file_linux.hpp"
#include "volumes/image_root_place_linux.hpp"
#include "volumes/mount_call_linux.hpp"

namespace jobpod {

Status MountConsole(int terminal) {
  constexpr char kWhat[] = "mount /dev/console";
  ASSIGN_OR_RETURN(Fd root, OpenFile("/", O_PATH | O_DIRECTORY));
  ASSIGN_OR_RETURN(Fd place, MakePlace(root.get(), "/dev/console", false));
  ASSIGN_OR_RETURN(Fd tree, CloneTree(terminal, false, kWhat));
  return AttachTree(tree.get(), place.get(), kWhat);
}

}  // namespace jobpod
