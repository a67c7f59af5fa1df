#include "base/channel_test_host.hpp"

#include <csignal>

namespace jobpod {

void IgnorePipeSignal() {
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace jobpod
