#include "volumes/rootfs_read.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>
#include <thread>

#include "base/file_linux.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/overlay_linux.hpp"

namespace jobpod {
namespace {

StatusOr<std::string> ReadInside(int root, const std::string& path, size_t max_bytes) {
  // O_NONBLOCK: a pipe of that name must not hold us up.
  StatusOr<Fd> file = OpenInRoot(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.ok()) return std::string();
  struct stat info {};
  if (fstat(file->get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::string();
  return ReadAll(file->get(), max_bytes, Concat("the image's ", path));
}

StatusOr<std::vector<std::string>> ReadAllInside(const std::string& top,
                                                 const std::vector<std::string>& paths, size_t max_bytes) {
  ASSIGN_OR_RETURN(Fd root, OpenFile(top, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  std::vector<std::string> contents;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::string content, ReadInside(root.get(), path, max_bytes));
    contents.push_back(std::move(content));
  }
  return contents;
}

// The writable layer as the topmost of the read-only ones: the work directory stays unused.
Status ShowLayers(const RootMount& root) {
  RETURN_IF_ERROR(LeaveHostNamespace());
  LayerList layers;
  *layers.Add() = root.upper();
  layers.MergeFrom(root.lower());
  ASSIGN_OR_RETURN(Fd place, OpenFile(root.upper(), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return MountOverlay(layers, "", "", place.get());
}

}  // namespace

StatusOr<std::vector<std::string>> ReadRootfsFiles(const RootMount& root,
                                                   const std::vector<std::string>& paths, size_t max_bytes) {
  if (root.lower().empty()) return ReadAllInside(root.upper(), paths, max_bytes);
  StatusOr<std::vector<std::string>> contents = absl::UnknownError("not read");
  try {
    // A thread of its own: only it leaves the host's mount namespace, and it ends with that.
    std::thread([&] {
      Status shown = ShowLayers(root);
      if (shown.ok()) {
        contents = ReadAllInside(root.upper(), paths, max_bytes);
      } else {
        contents = shown;
      }
    }).join();
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        Concat("read the image's accounts: cannot start a thread: ", error.what()));
  }
  return contents;
}

}  // namespace jobpod
