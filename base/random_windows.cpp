#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>

#include <algorithm>
#include <cstdlib>

#include "base/random.hpp"

namespace jobpod {

void FillRandom(void* bytes, size_t size) {
  auto* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ULONG part = static_cast<ULONG>(std::min<size_t>(size, 1u << 20));
    if (BCryptGenRandom(nullptr, at, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) std::abort();
    at += part;
    size -= part;
  }
}

}  // namespace jobpod
