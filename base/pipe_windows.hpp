// Pipes: for a process's standard streams, and between daemon and shim.
#pragma once

#include <cstdint>

#include "base/handle_windows.hpp"
#include "base/native_handle.hpp"
#include "base/status.hpp"

namespace jobpod {

// Who uses an end: a program waits in its reads and writes; Boost.Asio needs overlapped I/O.
enum class PipeUse { kWaiting, kOverlapped };

inline constexpr uint32_t kPipeCapacity = 64 << 10;

struct Pipe {
  Handle read, write;
};

// One way. Neither end is inherited; nobody else can open it.
StatusOr<Pipe> MakePipe(PipeUse read, PipeUse write, uint32_t capacity = kPipeCapacity);

// Both ways, both ends overlapped: a control socket (runtime/shim/protocol.proto).
struct PipePair {
  Handle ours, theirs;
};
StatusOr<PipePair> MakePipePair();

// Bytes that lie in the pipe; nothing when its other end is closed and all is read.
StatusOr<size_t> BytesIn(HANDLE read_end);

inline NativeHandle NativeOf(const Handle& handle) {
  return handle ? reinterpret_cast<NativeHandle>(handle.get()) : kNoHandle;
}
inline OwnedHandle Own(Handle handle) {
  return OwnedHandle(handle ? reinterpret_cast<NativeHandle>(handle.Release()) : kNoHandle);
}
inline HANDLE HandleOf(const OwnedHandle& handle) {
  return handle ? reinterpret_cast<HANDLE>(handle.get()) : nullptr;
}

}  // namespace jobpod
