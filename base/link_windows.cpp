#include "base/link_windows.hpp"

#include <winioctl.h>
#include <winternl.h>

#include <cstring>

#include "base/file_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

constexpr uint32_t kRelative = 1;  // SYMLINK_FLAG_RELATIVE

void Put16(std::string& out, size_t value) {
  out.push_back(static_cast<char>(value & 0xFF));
  out.push_back(static_cast<char>(value >> 8 & 0xFF));
}

void Put32(std::string& out, uint32_t value) {
  Put16(out, value & 0xFFFF);
  Put16(out, value >> 16);
}

void PutText(std::string& out, const std::wstring& text) {
  out.append(reinterpret_cast<const char*>(text.data()), text.size() * sizeof(wchar_t));
}

// REPARSE_DATA_BUFFER: the name the kernel follows, then the one people see.
std::string ReparseData(uint32_t tag, const std::string& flags, const std::wstring& followed,
                        const std::wstring& shown, bool terminated) {
  const size_t end = terminated ? sizeof(wchar_t) : 0;
  const size_t first = followed.size() * sizeof(wchar_t), second = shown.size() * sizeof(wchar_t);
  std::string out;
  Put32(out, tag);
  Put16(out, 8 + flags.size() + first + second + 2 * end);
  Put16(out, 0);
  Put16(out, 0);
  Put16(out, first);
  Put16(out, first + end);
  Put16(out, second);
  out += flags;
  PutText(out, followed);
  out.append(end, '\0');
  PutText(out, shown);
  out.append(end, '\0');
  return out;
}

std::wstring WithoutPrefix(const std::wstring& path) {
  return path.starts_with(L"\\??\\") ? path.substr(4) : path;
}

bool HasNoReparsePoints(DWORD error) {
  return error == ERROR_NOT_SUPPORTED || error == ERROR_INVALID_FUNCTION || error == ERROR_CALL_NOT_IMPLEMENTED;
}

// A new file or directory, made a reparse point.
Status MakeReparsePoint(HANDLE parent, std::wstring_view name, const std::string& data, bool directory) {
  const ULONG kind = directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE;
  ASSIGN_OR_RETURN(Handle made, OpenAt(parent, name, FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
                                       FILE_CREATE, kind));
  ScopeExit undo([&] {
    made.Reset();
    RemoveTreeAt(parent, name).IgnoreError();
  });
  DWORD got = 0;
  if (!DeviceIoControl(made.get(), FSCTL_SET_REPARSE_POINT, const_cast<char*>(data.data()),
                       static_cast<DWORD>(data.size()), nullptr, 0, &got, nullptr)) {
    const DWORD error = GetLastError();
    if (HasNoReparsePoints(error))
      return absl::UnimplementedError(Concat("make the link ", Utf8(name), ": the file system has no links"));
    return Win32Status(error, Concat("make the link ", Utf8(name)));
  }
  undo.Release();
  return absl::OkStatus();
}

StatusOr<std::wstring> PathBelow(HANDLE parent, std::wstring_view name) {
  ASSIGN_OR_RETURN(const std::wstring path, FinalPath(parent));
  return path + L"\\" + std::wstring(name);
}

// Where there are no reparse points.
Status MakeSubstitute(HANDLE parent, std::wstring_view name, const std::string& target, bool directory) {
  if (!directory) {
    ASSIGN_OR_RETURN(Handle file, OpenPath(target, GENERIC_READ, OPEN_EXISTING));
    return LinkFileAt(file.get(), parent, name);
  }
  if (!RunsUnderWine())
    return absl::UnimplementedError(
        Concat("link ", Utf8(name), " to ", target, ": the file system has no links; use an NTFS or ReFS volume"));
  ASSIGN_OR_RETURN(const std::wstring path, PathBelow(parent, name));
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(target));
  return LinkDirectoryOnHost(wide, path);
}

}  // namespace

std::string JunctionData(const std::wstring& target) {
  return ReparseData(IO_REPARSE_TAG_MOUNT_POINT, "", target, WithoutPrefix(target), true);
}

std::string SymbolicLinkData(const std::wstring& target, bool relative) {
  std::string flags;
  Put32(flags, relative ? kRelative : 0);
  return ReparseData(IO_REPARSE_TAG_SYMLINK, flags, target, WithoutPrefix(target), false);
}

Status MakeLinkAt(HANDLE parent, std::wstring_view name, const std::string& target, bool directory) {
  ASSIGN_OR_RETURN(const std::wstring path, LongPath(target));
  // "\\?\C:\x" is "\??\C:\x" to the kernel.
  const std::wstring followed = L"\\??\\" + path.substr(4);
  const bool junction = directory && !followed.starts_with(L"\\??\\UNC\\");
  const std::string data = junction ? JunctionData(followed) : SymbolicLinkData(followed, false);
  const Status made = MakeReparsePoint(parent, name, data, directory);
  return absl::IsUnimplemented(made) ? MakeSubstitute(parent, name, target, directory) : made;
}

Status MakeRelativeLinkAt(HANDLE parent, std::wstring_view name, const std::wstring& target, bool directory) {
  return MakeReparsePoint(parent, name, SymbolicLinkData(target, true), directory);
}

// SymbolicLinkData() taken apart; hostile.
StatusOr<std::wstring> RelativeTargetOf(std::string_view data) {
  constexpr size_t kHead = 20;
  const auto number = [&](size_t at, size_t bytes) {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i)
      value |= static_cast<uint32_t>(static_cast<uint8_t>(data[at + i])) << (8 * i);
    return value;
  };
  const bool symbolic = data.size() >= kHead && number(0, 4) == IO_REPARSE_TAG_SYMLINK && number(16, 4) == kRelative;
  const size_t offset = symbolic ? number(8, 2) : 0, size = symbolic ? number(10, 2) : 0;
  if (!symbolic || size % sizeof(wchar_t) != 0 || kHead + offset + size > data.size())
    return absl::NotFoundError("it is no relative symbolic link");
  std::wstring target(size / sizeof(wchar_t), L'\0');
  memcpy(target.data(), data.data() + kHead + offset, size);
  return target;
}

StatusOr<std::wstring> ReadRelativeLink(HANDLE link) {
  std::string data(MAXIMUM_REPARSE_DATA_BUFFER_SIZE, '\0');
  DWORD got = 0;
  if (!DeviceIoControl(link, FSCTL_GET_REPARSE_POINT, nullptr, 0, data.data(), static_cast<DWORD>(data.size()), &got,
                       nullptr))
    return absl::NotFoundError("it is no link");
  return RelativeTargetOf(std::string_view(data).substr(0, got));
}

Status RemoveLinkAt(HANDLE parent, std::wstring_view name) {
  StatusOr<Handle> link = OpenAt(parent, name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0);
  if (absl::IsNotFound(link.status())) return absl::OkStatus();
  RETURN_IF_ERROR(link.status());
  if (RunsUnderWine()) {
    ASSIGN_OR_RETURN(const std::wstring path, PathBelow(parent, name));
    const DWORD attributes = GetFileAttributesW(path.c_str());
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
      link->Reset();
      return UnlinkOnHost(path);
    }
  }
  FILE_ATTRIBUTE_TAG_INFO info{};
  const bool known = GetFileInformationByHandleEx(link->get(), FileAttributeTagInfo, &info, sizeof info);
  const bool tree = known && (info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
                    (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
  link->Reset();
  if (tree) return absl::FailedPreconditionError(Concat(Utf8(name), " is a directory and no link"));
  return RemoveTreeAt(parent, name);
}

}  // namespace jobpod
