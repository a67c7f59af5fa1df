#include "cri/pipe_dial_windows.hpp"

#include "base/owner_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

StatusOr<Handle> DialPipe(const std::string& path) {
  constexpr DWORD kFlags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  Handle pipe(CreateFileW(Wide(path).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, kFlags, nullptr));
  if (!pipe) return LastErrorStatus(Concat("open the pipe ", path));
  RETURN_IF_ERROR(CheckOwner(pipe.get(), SE_KERNEL_OBJECT, Concat("the pipe ", path)));
  return pipe;
}

}  // namespace jobpod
