#include "volumes/image_volume_try_linux.hpp"

#include <system_error>
#include <thread>

#include "volumes/image_volume_linux.hpp"
#include "volumes/mount_call_linux.hpp"

namespace jobpod {

StatusOr<Fd> TryImageVolume(const Mount& mount) {
  if (mount.image_layers_size() == 1) return OpenImageVolume(mount);
  StatusOr<Fd> tree = absl::UnknownError("not tried");
  try {
    // A thread of its own: only it leaves the host's mount namespace, and it ends with that.
    std::thread([&] {
      Status left = LeaveHostNamespace();
      tree = left.ok() ? OpenImageVolume(mount) : StatusOr<Fd>(left);
    }).join();
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        Concat("ImageVolumeMountFailed: cannot start a thread: ", error.what()));
  }
  return tree;
}

}  // namespace jobpod
