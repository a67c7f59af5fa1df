#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/file.hpp"
#include "cri/host_probe_linux.hpp"

namespace jobpod {
namespace {

Status MakeLayers(const std::string& directory) {
  for (const char* name : {"lower", "upper", "work", "merged"}) {
    const std::string path = Concat(directory, "/", name);
    if (mkdir(path.c_str(), 0700) != 0) return ErrnoStatus(errno, Concat("make ", path));
  }
  return absl::OkStatus();
}

// On a thread of its own: unshare gives this thread alone a mount namespace, which ends with it.
Status MountPrivately(const std::string& directory) {
  if (unshare(CLONE_NEWNS) != 0) return ErrnoStatus(errno, "make a mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return ErrnoStatus(errno, "make / a slave mount");
  const std::string options =
      Concat("lowerdir=", directory, "/lower,upperdir=", directory, "/upper,workdir=", directory, "/work");
  if (mount("overlay", (directory + "/merged").c_str(), "overlay", 0, options.c_str()) != 0) {
    return ErrnoStatus(errno, Concat("mount an overlay in ", directory));
  }
  return absl::OkStatus();
}

}  // namespace

Status ProbeOverlay(const std::string& parent) {
  std::string directory = parent + "/.jobpod-doctor-XXXXXX";
  if (!mkdtemp(directory.data())) return ErrnoStatus(errno, Concat("make a directory in ", parent));
  Status result = MakeLayers(directory);
  if (result.ok()) std::thread([&] { result = MountPrivately(directory); }).join();
  RemoveTree(directory).IgnoreError();
  return result;
}

}  // namespace jobpod
