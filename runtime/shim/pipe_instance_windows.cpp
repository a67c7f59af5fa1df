#include "runtime/shim/pipe_instance_windows.hpp"

#include <sddl.h>

#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr wchar_t kPrivate[] = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)";
constexpr DWORD kCapacity = 64 << 10;  // of each direction

}  // namespace

StatusOr<Handle> MakePipeInstance(const std::string& name, PipeInstance which, bool inherited) {
  SECURITY_ATTRIBUTES security{sizeof security, nullptr, inherited};
  ConvertStringSecurityDescriptorToSecurityDescriptorW(kPrivate, SDDL_REVISION_1,
                                                       &security.lpSecurityDescriptor, nullptr);
  ScopeExit free([&] { LocalFree(security.lpSecurityDescriptor); });
  const DWORD first = which == PipeInstance::kFirst ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0;
  Handle pipe(CreateNamedPipeW(Wide(name).c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                               PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, PIPE_UNLIMITED_INSTANCES, kCapacity,
                               kCapacity, 0, &security));
  if (pipe) return pipe;
  return LastErrorStatus(Concat("make the shim's pipe ", name));
}

}  // namespace jobpod
