// A channel over one end of a pipe or a terminal (channel_linux.hpp, channel_windows.hpp).
#pragma once

#include <chrono>

#include "base/channel.hpp"

namespace jobpod {

class PipeChannel : public Channel {
 public:
  // What is in the pipe after `bound` (or at end of file, if that comes first) is the last there is to read,
  // whoever else still holds the other side.
  virtual void EndWithin(std::chrono::milliseconds bound) = 0;
};

}  // namespace jobpod
