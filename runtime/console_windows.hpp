// Terminals on Windows: a pseudo console belongs to the process that made it, so the shim has it, and the daemon says
// sizes over the control socket.
#pragma once

#include <windows.h>

#include <cstdint>
#include <memory>

#include "base/handle_windows.hpp"
#include "base/native_handle.hpp"
#include "base/status.hpp"
#include "runtime/console.hpp"

namespace jobpod {

// Destroying it hangs its processes up (CTRL_CLOSE_EVENT) and writes the rest of what is shown, so somebody has to read
// that meanwhile.
class PseudoConsole {
 public:
  // HPCON of the Windows SDK, which declares it only to programs that need Windows 10 1809.
  using Native = void*;

  // `input`: what is typed is read from it; `output`: what is shown is written to it. Both are ends for waiting
  // (PipeUse::kWaiting). Unimplemented where the system has no pseudo consoles (before Windows 10 1809).
  static StatusOr<std::unique_ptr<PseudoConsole>> Create(Handle input, Handle output, uint16_t width = 80,
                                                         uint16_t height = 25);
  ~PseudoConsole();
  PseudoConsole(const PseudoConsole&) = delete;
  PseudoConsole& operator=(const PseudoConsole&) = delete;

  // For SpawnHandles::console and ResizeConsole. Not owned by the caller.
  NativeHandle native() const { return reinterpret_cast<NativeHandle>(console_); }

 private:
  explicit PseudoConsole(Native console) : console_(console) {}
  const Native console_;
};

}  // namespace jobpod
