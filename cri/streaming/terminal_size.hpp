// The sizes a client sends for its terminal: JSON objects {"Width":120,"Height":40}, one behind the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jobpod::streaming {

struct TerminalSize {
  uint16_t width = 0, height = 0;  // in characters
};

// Not thread-safe.
class TerminalSizeReader {
 public:
  // Takes the next piece of the stream; the last whole size in it, if any. Sizes of 0 and objects that are no
  // size are passed over. An object that does not end within 1 KiB ends the reading: nothing comes out any
  // more.
  std::optional<TerminalSize> Feed(std::string_view piece);

 private:
  std::string object_;
  bool broken_ = false;
};

}  // namespace jobpod::streaming
