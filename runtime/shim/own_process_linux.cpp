#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>

#include "runtime/shim/own_process.hpp"

namespace jobpod::shim {
namespace {

// Code and constants are never written to, so the pages come back from the file unchanged. A page that
// a segment shares with its neighbour stays.
int ForgetReadOnlySegments(dl_phdr_info* program, size_t, void*) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (const ElfW(Phdr)& segment : std::span(program->dlpi_phdr, program->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t start = program->dlpi_addr + segment.p_vaddr;
    const uintptr_t begin = (start + page - 1) / page * page;
    const uintptr_t end = (start + segment.p_memsz) / page * page;
    if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

int32_t OwnProcessId() {
  return getpid();
}

void ForgetColdCode() {
  dl_iterate_phdr(ForgetReadOnlySegments, nullptr);
}

}  // namespace jobpod::shim
