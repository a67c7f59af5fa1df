#include "base/open_handles_windows.hpp"

#include <windows.h>

#include <winternl.h>

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "base/handle_windows.hpp"

namespace jobpod {
namespace {

constexpr auto kExtendedHandleInformation = std::bit_cast<SYSTEM_INFORMATION_CLASS>(64);  // not in MinGW's headers
constexpr size_t kFirstSize = 1u << 20, kLargest = 64u << 20;

struct OpenHandle {
  void* object;
  ULONG_PTR process, value;
  ULONG access;
  USHORT trace, type;
  ULONG attributes, reserved;
};

struct OpenHandles {
  ULONG_PTR count, reserved;
  OpenHandle handles[1];
};

// Every process's.
class Snapshot {
 public:
  Snapshot() {
    for (size_t size = kFirstSize; size <= kLargest; size *= 2) {
      memory_.resize(size);
      ULONG needed = 0;
      if (NtQuerySystemInformation(kExtendedHandleInformation, memory_.data(), static_cast<ULONG>(size), &needed) >= 0)
        return;
    }
    memory_.clear();
  }
  std::span<const OpenHandle> handles() const {
    if (memory_.empty()) return {};
    const auto* all = reinterpret_cast<const OpenHandles*>(memory_.data());
    return {all->handles, all->count};
  }

 private:
  std::vector<char> memory_;
};

}  // namespace

size_t OpenHandlesOf(uint32_t pid) {
  const Snapshot snapshot;
  const auto belongs = [pid](const OpenHandle& handle) { return handle.process == pid; };
  return static_cast<size_t>(std::ranges::count_if(snapshot.handles(), belongs));
}

// A type has no fixed number: one of them shows it.
size_t OwnOpenFiles() {
  const Handle file(CreateFileW(L"NUL", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  const Snapshot snapshot;
  const ULONG_PTR pid = GetCurrentProcessId(), value = reinterpret_cast<ULONG_PTR>(file.get());
  const auto found = std::ranges::find_if(snapshot.handles(), [&](const OpenHandle& handle) {
    return handle.process == pid && handle.value == value;
  });
  if (found == snapshot.handles().end()) return 0;
  return static_cast<size_t>(std::ranges::count_if(snapshot.handles(), [&](const OpenHandle& handle) {
    return handle.process == pid && handle.type == found->type && handle.value != value;
  }));
}

}  // namespace jobpod
