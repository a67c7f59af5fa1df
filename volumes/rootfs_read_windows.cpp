#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "volumes/rootfs_read.hpp"
#include "volumes/windows_path.hpp"

namespace jobpod {
namespace {

// No link is followed.
StatusOr<std::string> ReadOne(HANDLE root, const WindowsTarget& place, size_t max_bytes) {
  Handle current;
  for (size_t at = 0; at + 1 < place.names.size(); ++at) {
    ASSIGN_OR_RETURN(current, OpenAt(current ? current.get() : root, Wide(place.names[at]),
                                     FILE_TRAVERSE | SYNCHRONIZE, FILE_OPEN, FILE_DIRECTORY_FILE));
  }
  ASSIGN_OR_RETURN(const Handle file, OpenAt(current ? current.get() : root, Wide(place.names.back()),
                                             FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE));
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(file.get(), &size)) return LastErrorStatus("look at a file of the image");
  if (static_cast<uint64_t>(size.QuadPart) > max_bytes)
    return absl::ResourceExhaustedError(Concat(place.Text(), " of the image is larger than ", max_bytes, " bytes"));
  std::string text(static_cast<size_t>(size.QuadPart), '\0');
  DWORD got = 0;
  if (!::ReadFile(file.get(), text.data(), static_cast<DWORD>(text.size()), &got, nullptr))
    return LastErrorStatus("read a file of the image");
  text.resize(got);
  return text;
}

}  // namespace

StatusOr<std::vector<std::string>> ReadRootfsFiles(const RootMount& root,
                                                   const std::vector<std::string>& paths, size_t max_bytes) {
  ASSIGN_OR_RETURN(const Handle opened, OpenDirectory(root.upper()));
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const WindowsTarget place, ParseWindowsTarget(path));
    StatusOr<std::string> text = ReadOne(opened.get(), place, max_bytes);
    if (absl::IsResourceExhausted(text.status())) return text.status();
    out.push_back(text.value_or(""));
  }
  return out;
}

}  // namespace jobpod
