#include "volumes/image_root_place_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "volumes/path.hpp"

namespace jobpod {
namespace {

Status NotThere(const std::string& path, const Status& why) {
  return Annotate(why, Concat("make room for ", path));
}

StatusOr<Fd> MakeFile(int root, const std::string& path) {
  StatusOr<Fd> made = OpenInRoot(root, path, O_RDONLY | O_CREAT | O_NOCTTY | O_NONBLOCK, 0644);
  if (made.ok()) return made;
  if (!absl::IsNotFound(made.status())) return NotThere(path, made.status());
  // A link that leads nowhere: the mount takes its place.
  size_t slash = path.rfind('/');
  ASSIGN_OR_RETURN(Fd parent, OpenInRoot(root, path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
  std::string name = path.substr(slash + 1);
  if (unlinkat(parent.get(), name.c_str(), 0) != 0) {
    return ErrnoStatus(errno, Concat("make room for ", path));
  }
  return OpenBeneath(parent.get(), name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
}

}  // namespace

StatusOr<Fd> MakePlace(int root, const std::string& path, bool directory) {
  std::string clean = CleanPath(path);
  StatusOr<Fd> found = OpenInRoot(root, clean, O_PATH | (directory ? O_DIRECTORY : 0));
  if (found.ok()) {
    struct stat info {};
    if (fstat(found->get(), &info) != 0) return ErrnoStatus(errno, Concat("look at ", path));
    if (directory || !S_ISDIR(info.st_mode)) return found;
    return absl::InvalidArgumentError(
        Concat(path, " is a directory in the image, and a file is to be mounted there"));
  }
  if (!absl::IsNotFound(found.status())) return found.status();
  if (directory) {
    StatusOr<Fd> made = MakeDirectoriesInRoot(root, clean, 0755);
    return made.ok() ? std::move(made) : NotThere(path, made.status());
  }
  size_t slash = clean.rfind('/');
  if (slash > 0) {
    StatusOr<Fd> parent = MakeDirectoriesInRoot(root, clean.substr(0, slash), 0755);
    if (!parent.ok()) return NotThere(path, parent.status());
  }
  return MakeFile(root, clean);
}

}  // namespace jobpod
