#include <set>

#include "base/file_windows.hpp"
#include "base/log.hpp"
#include "base/win32_windows.hpp"
#include "image/disk.hpp"
#include "image/file_id_windows.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kBlock = 4096;
constexpr size_t kMaxDepth = 1024;

// Walks a tree with one open handle per level; links are not followed.
template <typename Count>
Status Walk(Handle directory, size_t depth, bool tolerant, const Count& count) {
  if (depth > kMaxDepth) return absl::DataLossError("it is nested too deep");
  ASSIGN_OR_RETURN(const auto entries, ListEntries(directory.get()));
  for (const DirectoryEntry& entry : entries) {
    count(entry);
    if (!entry.IsTree()) continue;
    StatusOr<Handle> inner = OpenAt(directory.get(), entry.name, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE,
                                    1 /* FILE_OPEN */, 1 /* FILE_DIRECTORY_FILE */);
    if (!inner.ok() && tolerant) continue;
    RETURN_IF_ERROR(inner.status());
    RETURN_IF_ERROR(Walk(*std::move(inner), depth + 1, tolerant, count));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<FilesystemUsage> MeasureContent(const std::string& path) {
  FilesystemUsage usage{path, 0, 0};
  std::set<uint64_t> seen;  // a file may have several names
  ASSIGN_OR_RETURN(Handle root, OpenDirectory(path));
  const Status walked = Walk(std::move(root), 0, false, [&](const DirectoryEntry& entry) {
    if (!entry.IsDirectory() && HasId(entry) && !seen.insert(entry.id).second) return;
    ++usage.inodes_used;
    if (!entry.IsDirectory()) usage.used_bytes += (entry.size + kBlock - 1) / kBlock * kBlock;
  });
  RETURN_IF_ERROR(Annotate(walked, Concat("measure ", path)));
  return usage;
}

StatusOr<FilesystemUsage> MeasureTree(const std::string& path) {
  FilesystemUsage usage{path, 0, 1};
  ASSIGN_OR_RETURN(Handle root, OpenDirectory(path));
  const Status walked = Walk(std::move(root), 0, true, [&](const DirectoryEntry& entry) {
    ++usage.inodes_used;
    if (!entry.IsDirectory()) usage.used_bytes += entry.allocated;
  });
  RETURN_IF_ERROR(Annotate(walked, Concat("measure ", path)));
  return usage;
}

// A volume is written to the disk as a whole, which administrators may ask for.
Status SyncDisk(const std::string& path) {
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(path));
  std::wstring volume(wide.size() + 1, L'\0');
  if (!GetVolumePathNameW(wide.c_str(), volume.data(), static_cast<DWORD>(volume.size())))
    return LastErrorStatus(Concat("find the volume of ", path));
  volume.resize(volume.find(L'\0'));
  wchar_t name[MAX_PATH];
  if (!GetVolumeNameForVolumeMountPointW(volume.c_str(), name, MAX_PATH)) return absl::OkStatus();  // a share
  std::wstring device = name;
  device.pop_back();  // with its backslash it would be the root directory
  const Handle opened(CreateFileW(device.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                  OPEN_EXISTING, 0, nullptr));
  if (opened && FlushFileBuffers(opened.get())) return absl::OkStatus();
  log::debug("{}", Message(LastErrorStatus(Concat("write the volume of ", path, " to the disk"))));
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::vector<std::string> out;
  const StatusOr<Handle> directory = OpenDirectory(path);
  if (absl::IsNotFound(directory.status())) return out;
  RETURN_IF_ERROR(directory.status());
  ASSIGN_OR_RETURN(const auto entries, ListEntries(directory->get()));
  for (const DirectoryEntry& entry : entries) out.push_back(Utf8(entry.name));
  return out;
}

Status AppendFile(const std::string& path, std::string_view text) {
  ASSIGN_OR_RETURN(const Handle file, OpenPath(path, FILE_APPEND_DATA | SYNCHRONIZE, OPEN_ALWAYS,
                                               FILE_FLAG_OPEN_REPARSE_POINT));
  return WriteAll(file.get(), text, path);
}

}  // namespace jobpod
