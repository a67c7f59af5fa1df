#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

#include "base/random.hpp"

namespace jobpod {

void FillRandom(void* bytes, size_t size) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got <= 0) continue;
    at += got;
    size -= static_cast<size_t>(got);
  }
}

}  // namespace jobpod
