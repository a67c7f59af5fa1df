#pragma once

namespace jobpod::shim {

// Lets go of the pages of this program's code and constants; what is needed again is mapped again from
// the page cache. A request touches nearly all of the program, waiting for the next one almost nothing.
void ForgetColdCode();

}  // namespace jobpod::shim
