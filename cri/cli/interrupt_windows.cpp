#include <windows.h>

#include <climits>

#include "base/handle_windows.hpp"
#include "cri/cli/interrupt.hpp"

namespace jobpod::cli {
namespace {

// Counts the events nobody has taken yet. The console's handler gets no argument through which it could reach it.
HANDLE Interrupts() {
  static const Handle semaphore(CreateSemaphoreW(nullptr, 0, LONG_MAX, nullptr));
  return semaphore.get();
}

// Runs on a thread of the system's. When it comes back from the end of the console or of the session, the process is
// killed; it has some seconds until then.
BOOL WINAPI OnConsoleEvent(DWORD event) {
  ReleaseSemaphore(Interrupts(), 1, nullptr);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

}  // namespace

void BlockInterrupts() {
  Interrupts();
  SetConsoleCtrlHandler(OnConsoleEvent, TRUE);
}

OnInterrupt::OnInterrupt(std::function<void(int)> handler)
    : thread_([this, handler = std::move(handler)] { Loop(handler); }) {}

OnInterrupt::~OnInterrupt() {
  end_->Set();
  thread_.join();
}

void OnInterrupt::Loop(const std::function<void(int)>& handler) const {
  const auto interrupts = reinterpret_cast<Waitable>(Interrupts());
  for (int count = 0; WaitForAny({end_->waitable(), interrupts}) == 1;) handler(++count);
}

}  // namespace jobpod::cli
