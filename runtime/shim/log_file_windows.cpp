#include "runtime/shim/log_file.hpp"

#include <windows.h>

#include <algorithm>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

HANDLE AsHandle(intptr_t file) {
  return reinterpret_cast<HANDLE>(file);
}

bool IsAbsolute(std::string_view path) {
  const bool drive = path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  return drive || path.starts_with("\\\\");
}

// A plain file, not a link, directory, device or pipe.
Status CheckPlain(HANDLE file, const std::string& path) {
  BY_HANDLE_FILE_INFORMATION info{};
  constexpr DWORD kOther = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
  const bool plain = GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &info) &&
                     (info.dwFileAttributes & kOther) == 0;
  if (plain) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("log file ", path, " is not a regular file; remove it"));
}

}  // namespace

LogFile::~LogFile() {
  Handle(AsHandle(file_)).Reset();
}

StatusOr<LogFile> LogFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(path));
  // FILE_SHARE_DELETE: kubelet renames the log while it is written. Without FILE_WRITE_DATA every write is an
  // append; the attribute rights are for CutBack's second handle.
  Handle file(CreateFileW(wide.c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_ALWAYS,
                          FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!file) return LastErrorStatus(Concat("open log file ", path));
  RETURN_IF_ERROR(CheckPlain(file.get(), path));
  return LogFile(reinterpret_cast<intptr_t>(file.Release()));
}

size_t LogFile::Append(std::string_view bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    DWORD count = 0;
    const DWORD part = static_cast<DWORD>(std::min<size_t>(bytes.size() - written, 1u << 20));
    const bool done = WriteFile(AsHandle(file_), bytes.data() + written, part, &count, nullptr) != 0;
    written += count;
    if (done && count > 0) continue;
    error_ = static_cast<int>(done ? DWORD{ERROR_DISK_FULL} : GetLastError());
    break;
  }
  return written;
}

Status LogFile::Error() const {
  return Win32Status(static_cast<uint32_t>(error_), "write");
}

bool LogFile::CutBack(size_t bytes) {
  const Handle file(ReOpenFile(AsHandle(file_), FILE_WRITE_DATA,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0));
  LARGE_INTEGER size{};
  if (!file || !GetFileSizeEx(file.get(), &size)) return false;
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = size.QuadPart - static_cast<int64_t>(bytes);
  return SetFileInformationByHandle(file.get(), FileEndOfFileInfo, &end, sizeof end) != 0;
}

StatusOr<std::string> LogFile::DirectoryOf(const std::string& path) {
  if (!IsAbsolute(path)) return absl::InvalidArgumentError(Concat("log path ", path, " is not absolute"));
  return path.substr(0, path.find_last_of("/\\"));
}

}  // namespace jobpod
