// A descriptor (Linux) or handle (Windows), for code that passes it on and need not know which.
#pragma once

#include <cstdint>
#include <utility>

namespace jobpod {

// Not owned.
using NativeHandle = intptr_t;
inline constexpr NativeHandle kNoHandle = -1;

// Closed on destruction; move only.
class OwnedHandle {
 public:
  OwnedHandle() = default;
  explicit OwnedHandle(NativeHandle handle) : handle_(handle) {}
  OwnedHandle(OwnedHandle&& other) noexcept : handle_(other.Release()) {}
  OwnedHandle& operator=(OwnedHandle&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~OwnedHandle() { Reset(); }

  NativeHandle get() const { return handle_; }
  explicit operator bool() const { return handle_ != kNoHandle; }
  // Gives the handle away; the caller closes it.
  NativeHandle Release() { return std::exchange(handle_, kNoHandle); }
  void Reset(NativeHandle handle = kNoHandle);

 private:
  NativeHandle handle_ = kNoHandle;
};

}  // namespace jobpod
