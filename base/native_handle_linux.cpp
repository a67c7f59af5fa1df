#include <unistd.h>

#include "base/native_handle.hpp"

namespace jobpod {

void OwnedHandle::Reset(NativeHandle handle) {
  if (handle_ != kNoHandle) ::close(static_cast<int>(handle_));
  handle_ = handle;
}

}  // namespace jobpod
