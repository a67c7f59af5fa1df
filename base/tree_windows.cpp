#include <windows.h>
#include <winternl.h>

#include <algorithm>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

constexpr ULONG kDelete = 0x1, kPosixSemantics = 0x2, kIgnoreReadOnly = 0x10;  // FILE_DISPOSITION_…
constexpr auto kFileDispositionInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(21);
constexpr auto kFileLinkInformation = static_cast<FILE_INFORMATION_CLASS>(11);

// A name is one part: a backslash would walk, a colon open another stream.
bool IsOnePart(std::wstring_view name) {
  return !name.empty() && name != L"." && name != L".." &&
         name.find_first_of(std::wstring_view(L"\\/:\0", 4)) == std::wstring_view::npos;
}

Status NoName(std::wstring_view name) {
  return absl::InvalidArgumentError(Concat("\"", Utf8(name), "\" is not the name of a file"));
}

// The old way: the name goes when the last handle does, and a read-only file must be made writable first.
bool DeleteOnClose(HANDLE file) {
  FILE_BASIC_INFO writable{};
  writable.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  SetFileInformationByHandle(file, FileBasicInfo, &writable, sizeof writable);
  FILE_DISPOSITION_INFO gone{TRUE};
  return SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone) != 0;
}

// The error of Win32; ERROR_SUCCESS also when there is nothing of that name.
DWORD DeleteOnce(HANDLE directory, std::wstring_view name) {
  StatusOr<Handle> file = OpenAt(directory, name, DELETE | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0);
  if (absl::IsNotFound(file.status())) return ERROR_SUCCESS;
  if (!file.ok()) return GetLastError();
  ULONG flags = kDelete | kPosixSemantics | kIgnoreReadOnly;
  if (SetFileInformationByHandle(file->get(), kFileDispositionInfoEx, &flags, sizeof flags))
    return ERROR_SUCCESS;
  const DWORD error = GetLastError();
  if (error == ERROR_DIR_NOT_EMPTY) return error;
  return DeleteOnClose(file->get()) ? ERROR_SUCCESS : GetLastError();
}

DWORD Delete(HANDLE directory, std::wstring_view name) {
  for (int attempt = 1;; ++attempt) {
    const DWORD error = DeleteOnce(directory, name);
    if (!IsBusy(error) || attempt == kBusyAttempts) return error;
    Sleep(kBusyPause);
  }
}

struct Level {
  Handle directory;
  std::wstring name;
  std::vector<DirectoryEntry> entries;  // still to be removed
};

StatusOr<Level> Enter(HANDLE parent, const std::wstring& name) {
  ASSIGN_OR_RETURN(Handle directory, OpenAt(parent, name, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE,
                                            FILE_OPEN, FILE_DIRECTORY_FILE));
  return Level{std::move(directory), name, {}};
}

// Adds the next entries, without "." and ".."; false when there are no more.
StatusOr<bool> ReadSome(HANDLE directory, FILE_INFO_BY_HANDLE_CLASS next, std::vector<DirectoryEntry>& entries) {
  alignas(8) char buffer[16384];
  if (!GetFileInformationByHandleEx(directory, next, buffer, sizeof buffer)) {
    if (GetLastError() == ERROR_NO_MORE_FILES) return false;
    return LastErrorStatus("read a directory");
  }
  const auto number = [](LARGE_INTEGER value) { return static_cast<uint64_t>(value.QuadPart); };
  for (size_t at = 0;;) {
    const auto* info = reinterpret_cast<const FILE_ID_BOTH_DIR_INFO*>(buffer + at);
    std::wstring name(info->FileName, info->FileNameLength / sizeof(wchar_t));
    if (name != L"." && name != L"..")
      entries.push_back({std::move(name), info->FileAttributes, number(info->EndOfFile),
                         number(info->AllocationSize), number(info->FileId)});
    if (info->NextEntryOffset == 0) return true;
    at += info->NextEntryOffset;
  }
}

// Wine shows a symbolic link of its host as what it leads to, but for an attribute when it is asked by path.
DWORD AttributesByPath(HANDLE directory, std::wstring_view name) {
  const StatusOr<std::wstring> path = FinalPath(directory);
  const DWORD found = path.ok() ? GetFileAttributesW((*path + L"\\" + std::wstring(name)).c_str()) : 0;
  return found == INVALID_FILE_ATTRIBUTES ? 0 : found;
}

}  // namespace

StatusOr<Handle> OpenAt(HANDLE directory, std::wstring_view name, ACCESS_MASK access, ULONG disposition,
                        ULONG options, ULONG attributes) {
  if (!IsOnePart(name)) return NoName(name);
  std::wstring copy(name);
  UNICODE_STRING text{};
  text.Buffer = copy.data();
  text.Length = text.MaximumLength = static_cast<USHORT>(copy.size() * sizeof(wchar_t));
  OBJECT_ATTRIBUTES object{};
  InitializeObjectAttributes(&object, &text, OBJ_CASE_INSENSITIVE, directory, nullptr);
  IO_STATUS_BLOCK outcome{};
  HANDLE opened = nullptr;
  constexpr ULONG kAlways =
      FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT;
  const NTSTATUS status = NtCreateFile(&opened, access, &object, &outcome, nullptr, attributes,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition,
                                       options | kAlways, nullptr, 0);
  if (status >= 0) return Handle(opened);
  SetLastError(RtlNtStatusToDosError(status));
  return LastErrorStatus(Concat("open ", Utf8(name)));
}

StatusOr<std::vector<DirectoryEntry>> ReadEntries(HANDLE directory) {
  std::vector<DirectoryEntry> entries;
  while (entries.empty()) {
    ASSIGN_OR_RETURN(const bool more, ReadSome(directory, FileIdBothDirectoryInfo, entries));
    if (!more) break;
  }
  return entries;
}

StatusOr<std::vector<DirectoryEntry>> ListEntries(HANDLE directory) {
  std::vector<DirectoryEntry> entries;
  for (FILE_INFO_BY_HANDLE_CLASS next = FileIdBothDirectoryRestartInfo;; next = FileIdBothDirectoryInfo) {
    ASSIGN_OR_RETURN(const bool more, ReadSome(directory, next, entries));
    if (!more) return entries;
  }
}

StatusOr<std::wstring> FinalPath(HANDLE file) {
  for (std::wstring path(MAX_PATH, L'\0');;) {
    const DWORD size = GetFinalPathNameByHandleW(file, path.data(), static_cast<DWORD>(path.size()), 0);
    if (size == 0) return LastErrorStatus("find the path of a file");
    const bool fits = size < path.size();
    path.resize(size);
    if (fits) return path;
  }
}

std::wstring StoredName(HANDLE file) {
  std::wstring path;
  if (StatusOr<std::wstring> found = FinalPath(file); found.ok()) {
    path = *std::move(found);
  } else {  // Wine knows no final path beyond 260 characters
    struct {
      DWORD bytes;
      wchar_t text[32768];
    } name{};
    if (!GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name)) return L"";
    path.assign(name.text, name.bytes / sizeof(wchar_t));
  }
  return path.substr(path.rfind(L'\\') + 1);
}

bool IsSameFile(HANDLE one, HANDLE other) {
  BY_HANDLE_FILE_INFORMATION first{}, second{};
  return GetFileInformationByHandle(one, &first) && GetFileInformationByHandle(other, &second) &&
         first.dwVolumeSerialNumber == second.dwVolumeSerialNumber &&
         first.nFileIndexHigh == second.nFileIndexHigh && first.nFileIndexLow == second.nFileIndexLow;
}

Status LinkFileAt(HANDLE file, HANDLE directory, std::wstring_view name) {
  if (!IsOnePart(name)) return NoName(name);
  struct Link {
    BOOLEAN replace;
    HANDLE root;
    ULONG size;
    wchar_t name[1];
  };
  const size_t bytes = name.size() * sizeof(wchar_t);
  std::vector<char> buffer(sizeof(Link) + bytes);
  auto* link = reinterpret_cast<Link*>(buffer.data());
  link->root = directory;
  link->size = static_cast<ULONG>(bytes);
  std::copy(name.begin(), name.end(), link->name);
  IO_STATUS_BLOCK outcome{};
  const NTSTATUS status = NtSetInformationFile(file, &outcome, buffer.data(), static_cast<ULONG>(buffer.size()),
                                               kFileLinkInformation);
  if (status >= 0) return absl::OkStatus();
  return Win32Status(RtlNtStatusToDosError(status), Concat("link ", Utf8(name)));
}

Status RemoveTreeAt(HANDLE directory, std::wstring_view name) {
  std::vector<Level> levels;
  DirectoryEntry current{std::wstring(name)};
  for (;;) {
    const HANDLE parent = levels.empty() ? directory : levels.back().directory.get();
    const DWORD error = Delete(parent, current.name);
    if (error == ERROR_DIR_NOT_EMPTY) {
      if (levels.empty() && RunsUnderWine()) current.attributes = AttributesByPath(directory, name);
      if (current.IsLink())
        return absl::FailedPreconditionError(Concat("remove ", Utf8(current.name), ": it is a link of Wine's host"));
      ASSIGN_OR_RETURN(Level next, Enter(parent, current.name));
      levels.push_back(std::move(next));
    } else if (error != ERROR_SUCCESS) {
      return Win32Status(error, Concat("remove ", Utf8(current.name)));
    } else if (levels.empty()) {
      return absl::OkStatus();
    }
    Level& level = levels.back();
    if (level.entries.empty()) {
      ASSIGN_OR_RETURN(level.entries, ReadEntries(level.directory.get()));
    }
    if (level.entries.empty()) {
      current = {level.name};
      levels.pop_back();
    } else {
      current = std::move(level.entries.back());
      level.entries.pop_back();
    }
  }
}

}  // namespace jobpod
