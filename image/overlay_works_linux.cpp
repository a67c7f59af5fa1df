#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_linux.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "image/layer_unpack.hpp"
#include "image/overlay_linux.hpp"

namespace jobpod {
namespace {

// Short whatever the directory's path is: the kernel takes at most 255 characters here.
std::string PathOf(const Fd& fd) {
  return Concat("/proc/self/fd/", fd.get());
}

bool Set(const Fd& context, const char* key, const Fd& directory) {
  return fsconfig(context.get(), FSCONFIG_SET_STRING, key, PathOf(directory).c_str(), 0) == 0;
}

// A mount that is never attached anywhere: nobody sees it, and it ends with its descriptor.
Fd MountOverlay(const Fd& lower, const Fd& upper, const Fd& work) {
  Fd context(fsopen("overlay", FSOPEN_CLOEXEC));
  bool made = context && Set(context, "lowerdir", lower) && Set(context, "upperdir", upper) &&
              Set(context, "workdir", work) &&
              fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  return Fd(made ? fsmount(context.get(), FSMOUNT_CLOEXEC, 0) : -1);
}

StatusOr<Fd> MakeAndOpen(int parent, const char* name) {
  if (mkdirat(parent, name, 0700) != 0) return ErrnoStatus(errno, Concat("make directory ", name));
  return OpenBeneath(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

// Removing a file of the lower directory must leave a whiteout in the upper one, and layers need
// whiteouts and opaque directories of their own.
Status TryOverlay(int scratch) {
  ASSIGN_OR_RETURN(Fd lower, MakeAndOpen(scratch, "lower"));
  ASSIGN_OR_RETURN(Fd upper, MakeAndOpen(scratch, "upper"));
  ASSIGN_OR_RETURN(Fd work, MakeAndOpen(scratch, "work"));
  ASSIGN_OR_RETURN(Fd inner, MakeAndOpen(lower.get(), "probe"));
  RETURN_IF_ERROR(SetOpaque(inner.get()));
  RETURN_IF_ERROR(MakeWhiteout(lower.get(), "gone"));
  Fd merged = MountOverlay(lower, upper, work);
  if (!merged) return ErrnoStatus(errno, "mount an overlay");
  if (faccessat(merged.get(), "gone", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return absl::UnimplementedError("overlayfs shows whiteouts of a lower directory");
  }
  if (unlinkat(merged.get(), "probe", AT_REMOVEDIR) != 0) return ErrnoStatus(errno, "remove in an overlay");
  return IsWhiteoutAt(upper.get(), "probe") ? absl::OkStatus() : absl::UnimplementedError("no whiteout");
}

Status TryBelow(const std::string& directory) {
  ASSIGN_OR_RETURN(const Fd parent, OpenFile(directory, O_RDONLY | O_DIRECTORY));
  const std::string name = Concat(".overlay-", NewId().substr(0, 12));
  const ScopeExit remove([&] { RemoveTreeAt(parent.get(), name).IgnoreError(); });
  ASSIGN_OR_RETURN(const Fd scratch, MakeAndOpen(parent.get(), name.c_str()));
  return TryOverlay(scratch.get());
}

}  // namespace

StatusOr<bool> OverlayWorks(const std::string& directory) {
  const Status tried = TryBelow(directory);
  if (tried.ok()) return true;
  // No space, memory or descriptors: that says nothing of overlayfs.
  if (absl::IsResourceExhausted(tried))
    return Annotate(tried, Concat("find out whether overlayfs works below ", directory));
  log::warn("overlayfs does not work below {} ({}): every container gets a full copy of its image", directory,
            Message(tried));
  return false;
}

}  // namespace jobpod
