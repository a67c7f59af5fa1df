// Files by handle (Windows). What is inside an untrusted tree is opened by one name below an open directory
// and never through a reparse point, so that nobody can lead the daemon elsewhere by swapping a directory for
// a link.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// Virus scanners and indexers hold new files for a moment: what fails so is tried again, every kBusyPause
// milliseconds, kBusyAttempts times.
inline bool IsBusy(DWORD error) { return error == ERROR_SHARING_VIOLATION || error == ERROR_ACCESS_DENIED; }
inline constexpr int kBusyAttempts = 10;
inline constexpr DWORD kBusyPause = 20;
inline constexpr int kBusyTreeAttempts = 500;  // of a directory that is to be renamed: 10 s

// CreateFileW on LongPath(path), sharing everything. `flags` are FILE_FLAG_… and FILE_ATTRIBUTE_….
StatusOr<Handle> OpenPath(const std::string& path, DWORD access, DWORD disposition, DWORD flags = 0);

// A directory for use with the functions below; `path` itself may be a link.
StatusOr<Handle> OpenDirectory(const std::string& path);

// Opens `name`, one part of a path, below `directory`; of a reparse point the point itself. `options` are
// FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE…; `disposition` is FILE_OPEN, FILE_CREATE….
StatusOr<Handle> OpenAt(HANDLE directory, std::wstring_view name, ACCESS_MASK access, ULONG disposition,
                        ULONG options, ULONG attributes = FILE_ATTRIBUTE_NORMAL);

struct DirectoryEntry {
  std::wstring name;
  DWORD attributes = 0;
  uint64_t size = 0, allocated = 0, id = 0;  // id: the same for all names of one file
  bool IsDirectory() const { return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0; }
  bool IsLink() const { return (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0; }
  // A directory that is not a link to another one.
  bool IsTree() const { return IsDirectory() && !IsLink(); }
};

// The next entries, without "." and ".."; empty at the end. The handle keeps the position.
StatusOr<std::vector<DirectoryEntry>> ReadEntries(HANDLE directory);

// All of them, from the start. Once for each handle: Wine reads a directory no second time.
StatusOr<std::vector<DirectoryEntry>> ListEntries(HANDLE directory);

// The path of an open file, with the prefix \\?\.
StatusOr<std::wstring> FinalPath(HANDLE file);

// The file's name as it was made, for names are found whatever their case.
std::wstring StoredName(HANDLE file);

// Removes `name` with all its content; links are removed, not followed; read-only ones too. What is open
// elsewhere is tried again for a moment. Missing is OK.
Status RemoveTreeAt(HANDLE directory, std::wstring_view name);

// Whether both are names of one file.
bool IsSameFile(HANDLE one, HANDLE other);

// Another name for an open file, on the same volume.
Status LinkFileAt(HANDLE file, HANDLE directory, std::wstring_view name);

Status WriteAll(HANDLE file, std::string_view data, std::string_view what);

}  // namespace jobpod
