// Put before every file: how libstdc++ waits for an atomic, and with it for semaphores, stop callbacks and condition
// variables with a stop token. Without what this header gives, the one of GCC 12 looks at the value, then takes its
// mutex and sleeps; a wake-up in between is lost, and a program hangs at its end once in a while. It asks for this in
// <bits/atomic_wait.h>: "define _GLIBCX_HAVE_PLATFORM_WAIT and implement __platform_wait() and __platform_notify()".
#pragma once

#include <chrono>
#include <cstdint>

#define _GLIBCXX_HAVE_PLATFORM_WAIT 1
#define _GLIBCXX_HAVE_PLATFORM_TIMED_WAIT 1

// As in <synchapi.h>; all of <windows.h> would be too much to put before every file.
extern "C" __declspec(dllimport) int __stdcall WaitOnAddress(volatile void* address, void* old, size_t size,
                                                             unsigned long milliseconds);
extern "C" __declspec(dllimport) void __stdcall WakeByAddressSingle(void* address);
extern "C" __declspec(dllimport) void __stdcall WakeByAddressAll(void* address);

namespace std::__detail {

// Comes back when *address is not `old`, is notified, or for no reason.
template <typename T>
void __platform_wait(const T* address, uint64_t old) noexcept {
  static_assert(sizeof(T) == sizeof old);
  constexpr unsigned long kForever = 0xFFFFFFFF;
  WaitOnAddress(const_cast<T*>(address), &old, sizeof old, kForever);
}

template <typename T>
void __platform_notify(const T* address, bool all) noexcept {
  all ? WakeByAddressAll(const_cast<T*>(address)) : WakeByAddressSingle(const_cast<T*>(address));
}

// False when `until` has come. Sleeps a minute at the most; the caller looks again.
template <typename Clock, typename Duration>
bool __platform_wait_until(const uint64_t* address, uint64_t old, const chrono::time_point<Clock, Duration>& until) {
  const auto left = chrono::ceil<chrono::milliseconds>(until - Clock::now());
  if (left.count() <= 0) return false;
  constexpr chrono::milliseconds kMost = chrono::minutes(1);
  const int woken = WaitOnAddress(const_cast<uint64_t*>(address), &old, sizeof old,
                                  static_cast<unsigned long>(left < kMost ? left.count() : kMost.count()));
  return woken != 0 || Clock::now() < until;
}

}  // namespace std::__detail
