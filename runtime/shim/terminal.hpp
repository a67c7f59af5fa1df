// The terminal of a new process, as the shim sees it. On Linux the process opens it and sends its owner's side over a
// socket; on Windows it is a pseudo console of the shim's, between two pipes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/native_handle.hpp"
#include "base/status.hpp"

namespace jobpod::shim {

// On the shim's one thread.
class Terminal {
 public:
  // Its owner is the shim. Unimplemented, with the reason, where the system has none.
  static StatusOr<std::shared_ptr<Terminal>> ForContainer();
  // Its owner is the daemon: it gets the terminal over `control` (which stays open while the process is started),
  // on Windows it has the other ends of `input` and `output`, each of which may be missing.
  static StatusOr<std::shared_ptr<Terminal>> ForExec(OwnedHandle input, OwnedHandle output,
                                                     const OwnedHandle& control);
  virtual ~Terminal() = default;

  // For SpawnHandles::console.
  virtual NativeHandle console() const = 0;

  // The owner's side, to be written and read, once the process runs. Only ForContainer, once.
  virtual Status Take(OwnedHandle& input, OwnedHandle& output) = 0;

  // In characters. A size of 0 is no size.
  virtual void Resize(uint16_t width, uint16_t height) = 0;

  // What was written comes, and then the end of file. Processes that still have it are told that it is gone.
  virtual void End() = 0;
};

}  // namespace jobpod::shim
