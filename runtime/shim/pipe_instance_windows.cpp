#include "runtime/shim/pipe_instance_windows.hpp"

#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr DWORD kCapacity = 64 << 10;  // of each direction

}  // namespace

StatusOr<Handle> MakePipeInstance(const std::string& name, PipeInstance which, bool inherited) {
  ASSIGN_OR_RETURN(const Security security, Security::Parse(kPrivateObject));
  SECURITY_ATTRIBUTES attributes = security.attributes();
  attributes.bInheritHandle = inherited;
  const DWORD first = which == PipeInstance::kFirst ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0;
  Handle pipe(CreateNamedPipeW(Wide(name).c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                               PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, PIPE_UNLIMITED_INSTANCES, kCapacity,
                               kCapacity, 0, &attributes));
  if (pipe) return pipe;
  return LastErrorStatus(Concat("make the shim's pipe ", name));
}

}  // namespace jobpod
