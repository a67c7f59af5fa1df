#include "image/file_clone_windows.hpp"

#include <winioctl.h>
#include <winternl.h>

#include <algorithm>
#include <string>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kMostAtOnce = 1ull << 31;
constexpr size_t kBuffer = 1u << 20;
constexpr DWORD kSharesBlocks = 0x08000000;  // FILE_SUPPORTS_BLOCK_REFCOUNTING
constexpr DWORD kDuplicateExtents =
    CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 209, METHOD_BUFFERED, FILE_WRITE_DATA);  // FSCTL_DUPLICATE_EXTENTS_TO_FILE

struct DuplicateExtents {
  HANDLE from;
  int64_t from_offset, to_offset, size;
};

uint64_t ClusterOf(HANDLE file) {
  DWORD flags = 0;
  if (!GetVolumeInformationByHandleW(file, nullptr, 0, nullptr, nullptr, &flags, nullptr, 0)) return 0;
  if ((flags & kSharesBlocks) == 0) return 0;
  struct {  // FILE_FS_SIZE_INFORMATION
    LARGE_INTEGER all, free;
    ULONG sectors_per_cluster, bytes_per_sector;
  } info{};
  IO_STATUS_BLOCK outcome{};
  constexpr auto kSize = static_cast<FS_INFORMATION_CLASS>(3);
  if (NtQueryVolumeInformationFile(file, &outcome, &info, sizeof info, kSize) < 0) return 0;
  return uint64_t{info.sectors_per_cluster} * info.bytes_per_sector;
}

bool ShareRange(HANDLE from, HANDLE to, CloneRange range) {
  DuplicateExtents request{from, static_cast<int64_t>(range.offset), static_cast<int64_t>(range.offset),
                           static_cast<int64_t>(range.size)};
  DWORD got = 0;
  return DeviceIoControl(to, kDuplicateExtents, &request, sizeof request, nullptr, 0, &got, nullptr) != 0;
}

bool SetSize(HANDLE file, uint64_t size) {
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = static_cast<int64_t>(size);
  return SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) != 0;
}

}  // namespace

std::vector<CloneRange> CloneRanges(uint64_t size, uint64_t cluster) {
  std::vector<CloneRange> ranges;
  const uint64_t end = (size + cluster - 1) / cluster * cluster, most = kMostAtOnce / cluster * cluster;
  for (uint64_t at = 0; at < end; at += most) ranges.push_back({at, std::min(most, end - at)});
  return ranges;
}

CloneCalls SystemCloneCalls() { return {ClusterOf, ShareRange}; }

Status FileCloner::Copy(HANDLE from, HANDLE to, uint64_t size) {
  if (size == 0) return absl::OkStatus();
  if (!asked_) cluster_ = calls_.cluster(to);
  asked_ = true;
  if (cluster_ != 0 && Share(from, to, size)) {
    ++shared_;
    return absl::OkStatus();
  }
  return CopyBytes(from, to, size);
}

// The new file needs its length first. One refusal (another volume, other integrity streams) is for good.
bool FileCloner::Share(HANDLE from, HANDLE to, uint64_t size) {
  bool done = SetSize(to, size);
  for (const CloneRange& range : CloneRanges(size, cluster_)) done = done && calls_.share(from, to, range);
  if (done) return true;
  cluster_ = 0;
  SetSize(to, 0);
  return false;
}

Status FileCloner::CopyBytes(HANDLE from, HANDLE to, uint64_t size) {
  buffer_.resize(kBuffer);
  while (size > 0) {
    DWORD got = 0;
    if (!::ReadFile(from, buffer_.data(), static_cast<DWORD>(std::min<uint64_t>(size, kBuffer)), &got, nullptr))
      return LastErrorStatus("read its content");
    if (got == 0) return absl::DataLossError("the layer's file became shorter while it was copied");
    RETURN_IF_ERROR(WriteAll(to, {buffer_.data(), got}, "its content"));
    size -= got;
  }
  return absl::OkStatus();
}

}  // namespace jobpod
