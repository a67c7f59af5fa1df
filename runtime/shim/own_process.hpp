// The shim's own process.
#pragma once

#include <cstdint>

namespace jobpod::shim {

int32_t OwnProcessId();

// Lets go of memory that is mapped or read again when it is needed (code and constants on Linux, the working set on
// Windows). A request touches nearly all of the program, waiting for the next one almost nothing.
void ForgetColdCode();

}  // namespace jobpod::shim
