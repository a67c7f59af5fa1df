// Carries bytes between two connections until both directions have ended.
#pragma once

#include <functional>
#include <memory>

#include "cri/streaming/duplex.hpp"
#include "cri/streaming/pump.hpp"

namespace jobpod::streaming {

// Not thread-safe: on the connections' executor. Keeps itself alive until it is done; holds no more than a buffer for
// each direction. The end of one side's bytes becomes the end of what the other side is sent, behind all of them; a
// side that breaks takes the other along.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  using Done = std::function<void()>;

  Relay(DuplexPointer one, DuplexPointer other);

  // `done` runs once, on the executor, when both sides are let go of.
  void Start(Done done);
  // Both sides end at once; `done` does not run.
  void Abort();

 private:
  void Ended(Pump& other_way, Duplex& sink, const boost::system::error_code& why);
  void End();

  const DuplexPointer one_, other_;
  const std::shared_ptr<Pump> there_, back_;
  Done done_;
};

}  // namespace jobpod::streaming
