// For tests: the handles that a process has open.
#pragma once

#include <windows.h>
#include <winternl.h>

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <vector>

namespace jobpod {

inline constexpr auto kExtendedHandleInformation = std::bit_cast<SYSTEM_INFORMATION_CLASS>(64);  // not in MinGW's headers

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

// Of the whole system, as it says it.
inline size_t HandlesOf(int32_t pid) {
  std::vector<char> memory(1 << 20);
  ULONG size = 0;
  while (NtQuerySystemInformation(kExtendedHandleInformation, memory.data(), static_cast<ULONG>(memory.size()),
                                  &size) < 0) {
    REQUIRE(memory.size() < (64u << 20));
    memory.resize(memory.size() * 2);
  }
  const auto* all = reinterpret_cast<const OpenHandles*>(memory.data());
  return static_cast<size_t>(std::count_if(all->handles, all->handles + all->count, [pid](const OpenHandle& handle) {
    return handle.process == static_cast<ULONG_PTR>(pid);
  }));
}

}  // namespace jobpod
