#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/shim/cold_code.hpp"

// The linker's own names for the first and one past the last byte of the program's code.
extern "C" char __executable_start, etext;

namespace jobpod::shim {

void ForgetColdCode() {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(&__executable_start) + page - 1) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(&etext) / page * page;
  // Code is never written to, so nothing is lost.
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace jobpod::shim
