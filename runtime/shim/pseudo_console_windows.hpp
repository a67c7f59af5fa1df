// A pseudo console: the system's terminal between two pipes (Windows 10 1809 and later, Wine).
#pragma once

#include <cstdint>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

class PseudoConsole {
 public:
  // Reads what is typed from `input` and writes the screen to `output`, both for waiting reads and writes; they stay
  // the caller's. Unimplemented where the system has no pseudo consoles.
  static StatusOr<PseudoConsole> Create(HANDLE input, HANDLE output);

  PseudoConsole(PseudoConsole&& other) noexcept;
  PseudoConsole& operator=(PseudoConsole&&) = delete;
  ~PseudoConsole() { Close(); }

  HANDLE get() const { return console_; }
  void Resize(uint16_t width, uint16_t height);

  // Programs that still have it get the close event; the rest of the screen is written, and `output` ends. The
  // system may wait there for `output` to be read, so it does that on a thread of its pool; this comes back at once.
  void Close();

 private:
  explicit PseudoConsole(HANDLE console) : console_(console) {}

  HANDLE console_ = nullptr;
};

}  // namespace jobpod
