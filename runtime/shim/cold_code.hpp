#pragma once

namespace jobpod::shim {

// Lets go of this program's code pages; what is needed again is mapped again from the page cache. Starting a
// container touches nearly all of the program, waiting for it almost nothing.
void ForgetColdCode();

}  // namespace jobpod::shim
