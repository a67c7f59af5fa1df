// The terminal this program was started in, lent to a program elsewhere.
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.hpp"

namespace jobpod::cli {

bool StandardInputIsTerminal();

// While it lives, every key goes through as it is: nothing is echoed, edited or made a signal. The destructor
// puts everything back.
class RawTerminal {
 public:
  // FailedPrecondition when standard input is no terminal.
  static StatusOr<std::unique_ptr<RawTerminal>> Enter();
  virtual ~RawTerminal() = default;

  // Once more, after somebody else (a shell, when this program was stopped) has changed it.
  virtual void Renew() = 0;

  struct Size {
    uint16_t columns = 0, lines = 0;  // 0 = not known
  };
  virtual Size size() const = 0;
};

}  // namespace jobpod::cli
