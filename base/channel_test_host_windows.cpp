#include "base/channel_test_host.hpp"

namespace jobpod {

// Windows has no such signal.
void IgnorePipeSignal() {}

}  // namespace jobpod
