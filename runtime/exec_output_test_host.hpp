#pragma once

#include <cstddef>

#include "base/native_handle.hpp"

namespace jobpod {

// An end of a pipe's own for the test, and writing to it; false when nobody reads any more.
OwnedHandle CopyEnd(NativeHandle end);
bool WriteTo(const OwnedHandle& end, const char* bytes, size_t size);

}  // namespace jobpod
