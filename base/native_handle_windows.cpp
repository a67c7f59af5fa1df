#include <windows.h>

#include "base/native_handle.hpp"

namespace jobpod {

void OwnedHandle::Reset(NativeHandle handle) {
  if (handle_ != kNoHandle) CloseHandle(reinterpret_cast<HANDLE>(handle_));
  handle_ = handle;
}

}  // namespace jobpod
