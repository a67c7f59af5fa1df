#include "base/pipe_windows.hpp"
#include "runtime/exec_output_test_host.hpp"

namespace jobpod {

OwnedHandle CopyEnd(NativeHandle end) {
  HANDLE copy = nullptr;
  const HANDLE self = GetCurrentProcess();
  DuplicateHandle(self, reinterpret_cast<HANDLE>(end), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
  return Own(Handle(copy));
}

bool WriteTo(const OwnedHandle& end, const char* bytes, size_t size) {
  DWORD written = 0;
  return WriteFile(HandleOf(end), bytes, static_cast<DWORD>(size), &written, nullptr) != 0;
}

}  // namespace jobpod
