#include <windows.h>

#include "runtime/shim/own_process.hpp"

namespace jobpod::shim {

int32_t OwnProcessId() {
  return static_cast<int32_t>(GetCurrentProcessId());
}

void ForgetColdCode() {
  constexpr auto kAll = static_cast<SIZE_T>(-1);
  SetProcessWorkingSetSize(GetCurrentProcess(), kAll, kAll);
}

}  // namespace jobpod::shim
