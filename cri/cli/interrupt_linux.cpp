#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/handle_linux.hpp"
#include "cri/cli/interrupt.hpp"

namespace jobpod::cli {
namespace {

sigset_t Interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void BlockInterrupts() {
  const sigset_t set = Interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

OnInterrupt::OnInterrupt(std::function<void(int)> handler)
    : thread_([this, handler = std::move(handler)] { Loop(handler); }) {}

OnInterrupt::~OnInterrupt() {
  end_->Set();
  thread_.join();
}

void OnInterrupt::Loop(const std::function<void(int)>& handler) const {
  const sigset_t set = Interrupts();
  const Fd signals(signalfd(-1, &set, SFD_CLOEXEC));
  for (int count = 0;;) {
    const int ready = WaitForAny({end_->waitable(), signals.get()});
    if (ready == 0) return;
    signalfd_siginfo info{};
    if (ready == 1 && read(signals.get(), &info, sizeof info) == sizeof info) handler(++count);
  }
}

}  // namespace jobpod::cli
