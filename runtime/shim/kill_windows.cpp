#include "runtime/shim/shim_process_windows.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

constexpr UINT kKilled = 137;  // as a shell says it

}  // namespace

// Its number is in its record, too.
void KillShimOf(int32_t, const std::string& state_directory) {
  const Handle shim = OpenShimProcess(state_directory, PROCESS_TERMINATE);
  if (shim) TerminateProcess(shim.get(), kKilled);
}

}  // namespace jobpod
