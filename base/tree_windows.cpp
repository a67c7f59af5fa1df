#include <windows.h>
#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr ULONG kDelete = 0x1, kPosixSemantics = 0x2, kIgnoreReadOnly = 0x10;  // FILE_DISPOSITION_…
constexpr auto kFileDispositionInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(21);

// A name is one part: a backslash would walk, a colon open another stream.
bool IsOnePart(std::wstring_view name) {
  return !name.empty() && name != L"." && name != L".." &&
         name.find_first_of(std::wstring_view(L"\\/:\0", 4)) == std::wstring_view::npos;
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
DWORD Delete(HANDLE directory, std::wstring_view name) {
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

}  // namespace

StatusOr<Handle> OpenAt(HANDLE directory, std::wstring_view name, ACCESS_MASK access, ULONG disposition,
                        ULONG options, ULONG attributes) {
  if (!IsOnePart(name))
    return absl::InvalidArgumentError(Concat("\"", Utf8(name), "\" is not the name of a file"));
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
  const DWORD error = GetLastError();
  Status failed = Win32Status(error, Concat("open ", Utf8(name)));
  SetLastError(error);
  return failed;
}

StatusOr<std::vector<DirectoryEntry>> ReadEntries(HANDLE directory) {
  alignas(8) char buffer[16384];
  std::vector<DirectoryEntry> entries;
  while (entries.empty()) {
    if (!GetFileInformationByHandleEx(directory, FileIdBothDirectoryInfo, buffer, sizeof buffer)) {
      if (GetLastError() == ERROR_NO_MORE_FILES) return entries;
      return LastErrorStatus("read a directory");
    }
    for (size_t at = 0;;) {
      const auto* info = reinterpret_cast<const FILE_ID_BOTH_DIR_INFO*>(buffer + at);
      std::wstring name(info->FileName, info->FileNameLength / sizeof(wchar_t));
      if (name != L"." && name != L"..") entries.push_back({std::move(name), info->FileAttributes});
      if (info->NextEntryOffset == 0) break;
      at += info->NextEntryOffset;
    }
  }
  return entries;
}

Status RemoveTreeAt(HANDLE directory, std::wstring_view name) {
  std::vector<Level> levels;
  std::wstring current(name);
  for (;;) {
    const HANDLE parent = levels.empty() ? directory : levels.back().directory.get();
    const DWORD error = Delete(parent, current);
    if (error == ERROR_DIR_NOT_EMPTY) {
      ASSIGN_OR_RETURN(Level next, Enter(parent, current));
      levels.push_back(std::move(next));
    } else if (error != ERROR_SUCCESS) {
      return Win32Status(error, Concat("remove ", Utf8(current)));
    } else if (levels.empty()) {
      return absl::OkStatus();
    }
    Level& level = levels.back();
    if (level.entries.empty()) {
      ASSIGN_OR_RETURN(level.entries, ReadEntries(level.directory.get()));
    }
    if (level.entries.empty()) {
      current = level.name;
      levels.pop_back();
    } else {
      current = std::move(level.entries.back().name);
      level.entries.pop_back();
    }
  }
}

}  // namespace jobpod
