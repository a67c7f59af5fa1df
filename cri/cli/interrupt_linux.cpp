#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

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
    : end_(eventfd(0, EFD_CLOEXEC)), thread_([this, handler = std::move(handler)] { Loop(handler); }) {}

OnInterrupt::~OnInterrupt() {
  eventfd_write(end_.get(), 1);
  thread_.join();
}

void OnInterrupt::Loop(const std::function<void(int)>& handler) const {
  const sigset_t set = Interrupts();
  const Fd signals(signalfd(-1, &set, SFD_CLOEXEC));
  pollfd waits[] = {{end_.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
  for (int count = 0;;) {
    if (poll(waits, 2, -1) < 0) continue;
    if (waits[0].revents != 0) return;
    signalfd_siginfo info{};
    if (waits[1].revents != 0 && read(signals.get(), &info, sizeof info) == sizeof info) handler(++count);
  }
}

}  // namespace jobpod::cli
