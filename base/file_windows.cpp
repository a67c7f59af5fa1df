#include "base/file_windows.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

// What Linux calls 0600 or 0700: SYSTEM and Administrators, and nothing inherited.
constexpr wchar_t kPrivateFile[] = L"D:P(A;;FA;;;SY)(A;;FA;;;BA)";
constexpr wchar_t kPrivateDirectory[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

// For a mode that lets nobody else in; modes that do inherit the parent's rights.
StatusOr<std::optional<Security>> SecurityFor(uint32_t mode, const wchar_t* text) {
  std::optional<Security> none;
  if ((mode & 077) != 0) return none;
  ASSIGN_OR_RETURN(Security security, Security::Parse(text));
  return std::optional<Security>(std::move(security));
}

SECURITY_ATTRIBUTES AttributesOf(const std::optional<Security>& security) {
  return security ? security->attributes() : SECURITY_ATTRIBUTES{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
}

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

struct Rename {
  DWORD flags;
  HANDLE root;
  DWORD size;
  wchar_t name[1];
};
constexpr auto kFileRenameInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);
constexpr DWORD kReplace = 0x1, kPosixSemantics = 0x2;  // FILE_RENAME_FLAG_…

// POSIX rename: replaces a file that others have open. Not on file systems without it.
bool RenameOver(HANDLE file, const std::wstring& path) {
  const size_t bytes = path.size() * sizeof(wchar_t);
  std::vector<char> buffer(sizeof(Rename) + bytes);
  auto* rename = reinterpret_cast<Rename*>(buffer.data());
  rename->flags = kReplace | kPosixSemantics;
  rename->size = static_cast<DWORD>(bytes);
  std::copy(path.begin(), path.end(), rename->name);
  return SetFileInformationByHandle(file, kFileRenameInfoEx, rename, static_cast<DWORD>(buffer.size())) != 0;
}

Status Move(const std::wstring& from, const std::wstring& to, DWORD flags, int attempts, const std::string& what) {
  for (int attempt = 1;; ++attempt) {
    if (MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | flags)) return absl::OkStatus();
    const DWORD error = GetLastError();
    if (!IsBusy(error) || attempt >= attempts) return Win32Status(error, what);
    Sleep(kBusyPause);
  }
}

Status Replace(Handle file, const std::wstring& temporary, const std::wstring& path) {
  if (RenameOver(file.get(), path)) return absl::OkStatus();
  file.Reset();
  return Move(temporary, path, MOVEFILE_WRITE_THROUGH, kBusyAttempts, Concat("replace ", Utf8(path)));
}

bool IsDirectory(const std::wstring& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

// Where the name of the last part begins.
size_t LastPart(std::wstring_view path) {
  return path.find_last_of(L'\\') + 1;
}

}  // namespace

StatusOr<Handle> OpenPath(const std::string& path, DWORD access, DWORD disposition, DWORD flags) {
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(path));
  Handle file(CreateFileW(wide.c_str(), access, kShareAll, nullptr, disposition, flags, nullptr));
  if (!file) return LastErrorStatus(Concat("open ", path));
  return file;
}

StatusOr<Handle> OpenDirectory(const std::string& path) {
  return OpenPath(path, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS);
}

Status WriteAll(HANDLE file, std::string_view data, std::string_view what) {
  while (!data.empty()) {
    const DWORD part = static_cast<DWORD>(std::min<size_t>(data.size(), 1u << 20));
    DWORD put = 0;
    if (!::WriteFile(file, data.data(), part, &put, nullptr)) return LastErrorStatus(Concat("write ", what));
    data.remove_prefix(put);
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  ASSIGN_OR_RETURN(Handle file, OpenPath(path, GENERIC_READ, OPEN_EXISTING));
  std::string content;
  auto buffer = std::make_unique<char[]>(16384);
  for (;;) {
    DWORD got = 0;
    if (!::ReadFile(file.get(), buffer.get(), 16384, &got, nullptr))
      return LastErrorStatus(Concat("read ", path));
    if (got == 0) return content;
    if (content.size() + got > max_bytes) {
      return absl::ResourceExhaustedError(Concat(path, " is larger than ", max_bytes, " bytes"));
    }
    content.append(buffer.get(), got);
  }
}

Status WriteFileAtomic(const std::string& path, std::string_view content, uint32_t mode, bool sync) {
  ASSIGN_OR_RETURN(const std::wstring target, LongPath(path));
  const std::wstring temporary = target + L"." + Wide(NewId().substr(0, 12)) + L".tmp";
  ASSIGN_OR_RETURN(const auto security, SecurityFor(mode, kPrivateFile));
  SECURITY_ATTRIBUTES attributes = AttributesOf(security);
  Handle file(CreateFileW(temporary.c_str(), GENERIC_WRITE | DELETE, kShareAll, &attributes, CREATE_NEW,
                          FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return LastErrorStatus(Concat("make ", Utf8(temporary)));
  ScopeExit undo([&] { DeleteFileW(temporary.c_str()); });
  RETURN_IF_ERROR(WriteAll(file.get(), content, path));
  if (sync && !FlushFileBuffers(file.get())) return LastErrorStatus(Concat("sync ", path));
  RETURN_IF_ERROR(Replace(std::move(file), temporary, target));
  undo.Release();
  return absl::OkStatus();
}

Status MakeDirectories(const std::string& path, uint32_t mode) {
  ASSIGN_OR_RETURN(std::wstring wide, LongPath(path));
  while (wide.ends_with(L'\\')) wide.pop_back();
  ASSIGN_OR_RETURN(const auto security, SecurityFor(mode, kPrivateDirectory));
  SECURITY_ATTRIBUTES attributes = AttributesOf(security);
  // After the prefix "\\?\" and the drive or server, which cannot be made.
  for (size_t at = wide.find(L'\\', 4); at != std::wstring::npos; at = wide.find(L'\\', at + 1)) {
    CreateDirectoryW(wide.substr(0, at).c_str(), &attributes);
  }
  if (CreateDirectoryW(wide.c_str(), &attributes) || IsDirectory(wide)) return absl::OkStatus();
  return LastErrorStatus(Concat("make directory ", path));
}

Status RenamePath(const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const std::wstring old_name, LongPath(from));
  ASSIGN_OR_RETURN(const std::wstring new_name, LongPath(to));
  // A directory stays where it is while anybody has a file inside it open, and what is new is scanned file by file.
  const bool new_tree = IsDirectory(old_name) && !PathExists(to);
  return Move(old_name, new_name, 0, new_tree ? kBusyTreeAttempts : kBusyAttempts, Concat("rename ", from, " to ", to));
}

bool PathExists(const std::string& path) {
  const StatusOr<std::wstring> wide = LongPath(path);
  return wide.ok() && GetFileAttributesW(wide->c_str()) != INVALID_FILE_ATTRIBUTES;
}

Status RemoveTree(const std::string& path) {
  ASSIGN_OR_RETURN(std::wstring wide, LongPath(path));
  while (wide.ends_with(L'\\')) wide.pop_back();
  const size_t last = LastPart(wide);
  StatusOr<Handle> parent = OpenDirectory(Utf8(std::wstring_view(wide).substr(0, last)));
  if (absl::IsNotFound(parent.status())) return absl::OkStatus();
  RETURN_IF_ERROR(parent.status());
  return Annotate(RemoveTreeAt(parent->get(), std::wstring_view(wide).substr(last)), Concat("remove ", path));
}

}  // namespace jobpod
