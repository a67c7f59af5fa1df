// The keys that let an attached client go: Ctrl-P, then Ctrl-Q, as in other tools.
#pragma once

#include <string>
#include <string_view>

namespace jobpod::cli {

// A single Ctrl-P is held back until the next key tells whether it is one of the program's.
class DetachKeys {
 public:
  // What of `typed` belongs to the program; after the keys nothing does.
  std::string Pass(std::string_view typed);
  bool pressed() const { return pressed_; }

 private:
  bool half_ = false, pressed_ = false;
};

}  // namespace jobpod::cli
