#include "image/entry_metadata_windows.hpp"

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr int64_t kUnixEpoch = 11'644'473'600;  // in seconds since 1601
constexpr int64_t kTicks = 10'000'000;          // in a second
constexpr int64_t kLastSecond = 900'000'000'000;
constexpr DWORD kKept = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                        FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

}  // namespace

// What is out of the range of both becomes its end.
int64_t WindowsTimeOf(const TarEntry& entry) {
  const int64_t second = std::min(std::max(entry.mtime, -kUnixEpoch), kLastSecond) + kUnixEpoch;
  return std::max<int64_t>(second * kTicks + entry.mtime_nanos / 100, 1);
}

std::optional<int64_t> TimeOfFile(HANDLE file) {
  FILE_BASIC_INFO info{};
  if (!GetFileInformationByHandleEx(file, FileBasicInfo, &info, sizeof info)) return std::nullopt;
  return info.LastWriteTime.QuadPart;
}

Status SetFileTime(HANDLE file, int64_t time) {
  FILE_BASIC_INFO info{};
  info.LastWriteTime.QuadPart = time;
  if (SetFileInformationByHandle(file, FileBasicInfo, &info, sizeof info)) return absl::OkStatus();
  return LastErrorStatus("set its time");
}

Status ApplyMetadata(HANDLE file, const TarEntry& entry) {
  FILE_BASIC_INFO info{};
  info.LastWriteTime.QuadPart = WindowsTimeOf(entry);
  info.FileAttributes = entry.windows_attributes & kKept;
  if (SetFileInformationByHandle(file, FileBasicInfo, &info, sizeof info)) return absl::OkStatus();
  return LastErrorStatus("set its time");
}

}  // namespace jobpod
