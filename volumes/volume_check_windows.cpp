#include "volumes/volume_check_windows.hpp"

#include <winternl.h>

#include <algorithm>

#include "base/file_windows.hpp"
#include "base/log.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr DWORD kCannotAccess = 1920;  // ERROR_CANT_ACCESS_FILE: a Unix socket is opened by connecting to it

bool IsAbsolute(std::string_view path) {
  const auto slash = [](char c) { return c == '/' || c == '\\'; };
  if (path.size() > 1 && slash(path[0]) && slash(path[1])) return true;
  return slash(path[0]) || (path.size() > 2 && path[1] == ':' && slash(path[2]));
}

Status CheckSourceText(const VolumeRequest& request) {
  const std::string& path = request.host_path;
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat("host_path \"", path.c_str(), "\" ", why));
  };
  if (path.empty() || request.container_path.empty())
    return absl::InvalidArgumentError(Concat(
        "invalid OCI spec - a mount must have both source and a destination: ", path, " ", request.container_path));
  if (path.find('\0') != std::string::npos) return refuse("contains a NUL byte");
  if (!IsAbsolute(path)) return refuse("is not absolute; it must start with a drive, a slash or \\\\server");
  return absl::OkStatus();
}

// Without the prefix that most programs do not understand.
std::string PlainPath(std::wstring path) {
  if (path.starts_with(L"\\\\?\\UNC\\")) return "\\" + Utf8(path.substr(7));
  const bool drive = path.size() > 6 && path.starts_with(L"\\\\?\\") && path[5] == L':';
  return Utf8(drive ? path.substr(4) : path);
}

// By a drive letter where the volume has one, else by its GUID.
StatusOr<std::string> PathOf(HANDLE file) {
  for (DWORD kind : {DWORD{VOLUME_NAME_DOS}, DWORD{VOLUME_NAME_GUID}}) {
    const DWORD size = GetFinalPathNameByHandleW(file, nullptr, 0, kind);
    if (size == 0) continue;
    std::wstring path(size, L'\0');
    path.resize(GetFinalPathNameByHandleW(file, path.data(), size, kind));
    return PlainPath(std::move(path));
  }
  return LastErrorStatus("find its path");
}

StatusOr<Handle> OpenSource(const std::string& path) {
  StatusOr<Handle> opened = OpenPath(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  if (opened.ok() || GetLastError() != kCannotAccess) return opened;
  return OpenPath(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
}

Status Missing(const VolumeRequest& request, const Status& status) {
  const std::string what = Concat("failed to resolve symlink \"", request.host_path, "\": the source of ",
                                  request.container_path);
  if (absl::IsNotFound(status))
    return absl::NotFoundError(Concat(what, " does not exist on the host, or is a link that leads nowhere"));
  return Annotate(status, what);
}

Status CheckHostVolume(const VolumeRequest& request, CheckedVolume& volume) {
  RETURN_IF_ERROR(CheckSourceText(request));
  const StatusOr<Handle> source = OpenSource(request.host_path);
  if (!source.ok()) return Missing(request, source.status());
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(source->get(), &info))
    return Missing(request, LastErrorStatus("look at it"));
  volume.directory = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
  ASSIGN_OR_RETURN(const std::string path, PathOf(source->get()));
  volume.mount.set_source(path);
  DWORD flags = 0;
  volume.source_readonly = GetVolumeInformationByHandleW(source->get(), nullptr, 0, nullptr, nullptr, &flags,
                                                         nullptr, 0) &&
                           (flags & FILE_READ_ONLY_VOLUME) != 0;
  return absl::OkStatus();
}

// The tree was put together for this container (image/rootfs.hpp).
Status CheckImageVolume(const VolumeRequest& request, CheckedVolume& volume) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        Concat("ImageVolumeMountFailed: the image volume for ", request.container_path, " ", why));
  };
  if (!request.readonly || request.propagation != PROPAGATION_PRIVATE)
    return refuse("can only be mounted read-only and without propagation");
  if (request.image_layers.size() != 1) return refuse("is not one tree");
  if (!request.image_sub_path.empty()) return refuse("cannot be given a part of an image on Windows");
  VolumeRequest tree = request;
  tree.host_path = request.image_layers.front();
  volume.image = true;
  return CheckHostVolume(tree, volume);
}

StatusOr<CheckedVolume> CheckVolume(const VolumeRequest& request) {
  CheckedVolume volume;
  ASSIGN_OR_RETURN(volume.target, ParseWindowsTarget(request.container_path));
  volume.mount.set_target(volume.target.Text());
  volume.mount.set_readonly(request.readonly);
  if (request.host_path.empty() == request.image_layers.empty())
    return absl::InvalidArgumentError(
        Concat("invalid OCI spec - a mount must have both source and a destination: the volume of ",
               request.container_path, " needs either a host_path or an image"));
  if (request.propagation != PROPAGATION_PRIVATE)
    return absl::InvalidArgumentError(
        Concat("container_path \"", request.container_path, "\": Windows has no mount propagation; ask for none"));
  RETURN_IF_ERROR(request.host_path.empty() ? CheckImageVolume(request, volume)
                                            : CheckHostVolume(request, volume));
  return volume;
}

// True for a pipe that is mounted on itself.
StatusOr<bool> IsPipeMount(const VolumeRequest& request) {
  const auto source = WindowsPipeName(request.host_path), target = WindowsPipeName(request.container_path);
  if (!source && !target) return false;
  if (source == target) return true;
  return absl::InvalidArgumentError(
      Concat("named pipe mounts not supported for job containers - interact with the pipe directly: ",
             request.host_path, " cannot appear as ", request.container_path,
             ", for pipes have one name on the whole host; use the same path on both sides"));
}

bool IsSame(const WindowsTarget& one, const WindowsTarget& other) {
  return IsWithin(one, other) && IsWithin(other, one);
}

}  // namespace

StatusOr<std::vector<CheckedVolume>> CheckVolumes(const std::vector<VolumeRequest>& requests) {
  std::vector<CheckedVolume> volumes;
  for (const VolumeRequest& request : requests) {
    ASSIGN_OR_RETURN(const bool pipe, IsPipeMount(request));
    if (pipe) {
      log::debug("{} is the host's pipe already; nothing is mounted", request.host_path);
      continue;
    }
    ASSIGN_OR_RETURN(CheckedVolume volume, CheckVolume(request));
    for (const CheckedVolume& other : volumes)
      if (IsSame(volume.target, other.target))
        return absl::InvalidArgumentError(
            Concat("container_path \"", request.container_path, "\" is mounted twice in one container"));
    volumes.push_back(std::move(volume));
  }
  std::ranges::stable_sort(volumes, {}, [](const CheckedVolume& volume) { return volume.target.names.size(); });
  return volumes;
}

}  // namespace jobpod
