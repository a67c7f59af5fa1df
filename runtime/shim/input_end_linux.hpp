#pragma once

#include "runtime/shim/input_end.hpp"

namespace jobpod::shim {

class InputEnd {
 public:
  explicit InputEnd(OwnedHandle end) : end_(std::move(end)) {}
  int get() const { return static_cast<int>(end_.get()); }

 private:
  const OwnedHandle end_;
};

}  // namespace jobpod::shim
