#include "volumes/volume_check_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>

#include "base/file_linux.hpp"
#include "volumes/image_volume_try_linux.hpp"
#include "volumes/mount_info_linux.hpp"
#include "volumes/path.hpp"

namespace jobpod {
namespace {

Status CheckPath(std::string_view field, const std::string& path) {
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat(field, " \"", path.c_str(), "\" ", why));
  };
  if (path.empty()) return refuse("is empty; give an absolute path");
  if (path.find('\0') != std::string::npos) return refuse("contains a NUL byte");
  if (path.front() != '/') return refuse("is not absolute; it must start with /");
  if (path.size() >= PATH_MAX) return refuse("is longer than the system allows");
  return absl::OkStatus();
}

Status CheckTarget(const std::string& path, std::set<std::string>& seen) {
  RETURN_IF_ERROR(CheckPath("container_path", path));
  std::vector<std::string> names = PathNames(path);
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat("container_path \"", path, "\" ", why));
  };
  if (names.empty()) return refuse("would hide the whole file system");
  if (std::find(names.begin(), names.end(), "..") != names.end()) return refuse("contains \"..\"");
  if (!seen.insert(CleanPath(path)).second) return refuse("is mounted twice in one container");
  return absl::OkStatus();
}

StatusOr<std::string> ResolveSource(const VolumeRequest& request) {
  RETURN_IF_ERROR(CheckPath("host_path", request.host_path));
  std::unique_ptr<char, decltype(&std::free)> real(realpath(request.host_path.c_str(), nullptr), &std::free);
  if (real != nullptr) return std::string(real.get());
  std::string what = Concat("Volume source ", request.host_path, " of ", request.container_path);
  if (errno == ENOENT || errno == ENOTDIR) {
    return absl::NotFoundError(Concat(what, " does not exist on the host, or is a link that leads nowhere"));
  }
  if (errno == ELOOP) {
    return absl::InvalidArgumentError(Concat(what, " is a symbolic link that leads back to itself"));
  }
  return ErrnoStatus(errno, what);
}

StatusOr<bool> IsDirectory(int fd, const std::string& what) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return ErrnoStatus(errno, Concat("look at ", what));
  return S_ISDIR(info.st_mode);
}

Status CheckHostVolume(const VolumeRequest& request, CheckedVolume& volume) {
  ASSIGN_OR_RETURN(std::string source, ResolveSource(request));
  ASSIGN_OR_RETURN(Fd opened, OpenFile(source, O_PATH));
  ASSIGN_OR_RETURN(volume.directory, IsDirectory(opened.get(), source));
  volume.mount.set_source(source);
  if (request.propagation != PROPAGATION_SHARED) return absl::OkStatus();
  ASSIGN_OR_RETURN(MountInfo info, MountOf(opened.get()));
  if (info.shared) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat(
      "path ", source, " is mounted on ", info.mount_point,
      " but it is not a shared mount, which BIDIRECTIONAL propagation needs; run \"mount --make-rshared ",
      info.mount_point, "\" on the host or ask for HOST_TO_CONTAINER"));
}

Status CheckImageVolume(const VolumeRequest& request, CheckedVolume& volume) {
  if (!request.readonly || request.propagation != PROPAGATION_PRIVATE) {
    return absl::InvalidArgumentError(Concat("ImageVolumeMountFailed: the image volume for ",
                                             request.container_path,
                                             " can only be mounted read-only and without propagation"));
  }
  for (const std::string& layer : request.image_layers) volume.mount.add_image_layers(layer);
  volume.mount.set_image_sub_path(request.image_sub_path);
  ASSIGN_OR_RETURN(Fd tree, TryImageVolume(volume.mount));
  ASSIGN_OR_RETURN(volume.directory, IsDirectory(tree.get(), request.container_path));
  return absl::OkStatus();
}

// A directory's target is followed to its end, a file's stops at its own name (which may be a link).
std::string PlaceOf(const std::string& target, bool directory) {
  std::filesystem::path path(target);
  std::error_code error;
  std::filesystem::path place =
      directory ? std::filesystem::weakly_canonical(path, error)
                : std::filesystem::weakly_canonical(path.parent_path(), error) / path.filename();
  return error ? target : CleanPath(place.string());
}

StatusOr<CheckedVolume> CheckVolume(const VolumeRequest& request) {
  CheckedVolume volume;
  volume.mount.set_target(request.container_path);
  volume.mount.set_readonly(request.readonly);
  volume.mount.set_recursive_readonly(request.recursive_readonly);
  volume.mount.set_propagation(request.propagation);
  if (request.host_path.empty() == request.image_layers.empty()) {
    return absl::InvalidArgumentError(
        Concat("The volume of ", request.container_path, " needs either a host_path or an image"));
  }
  RETURN_IF_ERROR(request.host_path.empty() ? CheckImageVolume(request, volume)
                                            : CheckHostVolume(request, volume));
  volume.target = CleanPath(request.container_path);
  return volume;
}

void SortByDepth(std::vector<CheckedVolume>& volumes, std::string CheckedVolume::*path) {
  std::stable_sort(volumes.begin(), volumes.end(), [path](const CheckedVolume& a, const CheckedVolume& b) {
    return PathNames(a.*path).size() < PathNames(b.*path).size();
  });
}

// A target inside another volume lies there whatever the host has under that name.
void FindPlaces(std::vector<CheckedVolume>& volumes) {
  SortByDepth(volumes, &CheckedVolume::target);
  for (auto volume = volumes.begin(); volume != volumes.end(); ++volume) {
    auto around =
        std::find_if(std::make_reverse_iterator(volume), volumes.rend(),
                     [&](const CheckedVolume& other) { return IsBelow(volume->target, other.target); });
    volume->place = around == volumes.rend() ? PlaceOf(volume->target, volume->directory)
                                             : around->place + volume->target.substr(around->target.size());
  }
  SortByDepth(volumes, &CheckedVolume::place);
}

}  // namespace

StatusOr<std::vector<CheckedVolume>> CheckVolumes(const std::vector<VolumeRequest>& requests) {
  std::set<std::string> seen;
  for (const VolumeRequest& request : requests) RETURN_IF_ERROR(CheckTarget(request.container_path, seen));
  std::vector<CheckedVolume> volumes;
  for (const VolumeRequest& request : requests) {
    ASSIGN_OR_RETURN(CheckedVolume volume, CheckVolume(request));
    volumes.push_back(std::move(volume));
  }
  FindPlaces(volumes);
  return volumes;
}

const CheckedVolume* VolumeAround(const std::vector<CheckedVolume>& volumes, size_t index) {
  for (size_t i = index; i-- > 0;) {
    if (IsBelow(volumes[index].place, volumes[i].place)) return &volumes[i];
  }
  return nullptr;
}

}  // namespace jobpod
