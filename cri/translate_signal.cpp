#include <array>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

// By CRI number 0…34; the real-time signals follow in order. Numbers are Linux's on every system.
constexpr std::array<int, 35> kNumbers = {
    0,   // SIGNAL_RUNTIME_DEFAULT
    6,   // SIGABRT
    14,  // SIGALRM
    7,   // SIGBUS
    17,  // SIGCHLD
    17,  // SIGCLD
    18,  // SIGCONT
    8,   // SIGFPE
    1,   // SIGHUP
    4,   // SIGILL
    2,   // SIGINT
    29,  // SIGIO
    6,   // SIGIOT
    9,   // SIGKILL
    13,  // SIGPIPE
    29,  // SIGPOLL
    27,  // SIGPROF
    30,  // SIGPWR
    3,   // SIGQUIT
    11,  // SIGSEGV
    16,  // SIGSTKFLT
    19,  // SIGSTOP
    31,  // SIGSYS
    15,  // SIGTERM
    5,   // SIGTRAP
    20,  // SIGTSTP
    21,  // SIGTTIN
    22,  // SIGTTOU
    23,  // SIGURG
    10,  // SIGUSR1
    12,  // SIGUSR2
    26,  // SIGVTALRM
    28,  // SIGWINCH
    24,  // SIGXCPU
    25,  // SIGXFSZ
};
constexpr int kFirstRealTime = 34, kLastRealTime = 64;

}  // namespace

int SignalNumber(cri::Signal signal) {
  const int index = signal;
  if (index >= 0 && index < cri::SIGNAL_SIGRTMIN) return kNumbers[static_cast<size_t>(index)];
  if (index > cri::SIGNAL_SIGRTMAX || index < 0) return 0;
  return kFirstRealTime + index - cri::SIGNAL_SIGRTMIN;
}

cri::Signal SignalOf(int number) {
  if (number >= kFirstRealTime && number <= kLastRealTime) {
    return static_cast<cri::Signal>(cri::SIGNAL_SIGRTMIN + number - kFirstRealTime);
  }
  for (size_t i = 1; i < kNumbers.size(); ++i) {
    if (kNumbers[i] == number) return static_cast<cri::Signal>(i);
  }
  return cri::SIGNAL_RUNTIME_DEFAULT;
}

}  // namespace jobpod
