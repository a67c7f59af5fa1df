// Carries bytes from one channel to another, one buffer at a time: nothing is read before the last has been
// written, so a slow reader slows the writer down and no more than a buffer is held.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/channel.hpp"
#include "cri/streaming/growing_buffer.hpp"

namespace jobpod::streaming {

// Not thread-safe: used on the channels' executor. Keeps itself alive while it waits.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  // What to do when nobody takes the bytes any more.
  enum class WhenRefused { kStop, kReadOn };
  // Runs once, when nothing comes any more: eof, or another error of the source; or the sink's under kStop.
  // Not after Stop().
  using Done = std::function<void(const boost::system::error_code& why)>;

  // Both channels outlive the pump or the call to Stop().
  Pump(Channel& from, Channel& to, WhenRefused when_refused)
      : from_(&from), to_(&to), when_refused_(when_refused) {}

  void Start(Done done);
  // From now on it touches neither channel and does not call `done`. Idempotent.
  void Stop();

  bool ended() const { return ended_; }
  // The sink takes no more; the rest is dropped (kReadOn).
  bool refused() const { return refused_; }
  // It waits for the source; else for the sink.
  bool reading() const { return reading_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void ReadNext();
  void OnRead(const boost::system::error_code& error, size_t size);
  void OnWritten(const boost::system::error_code& error);
  void End(const boost::system::error_code& why);

  Channel* from_;
  Channel* to_;
  const WhenRefused when_refused_;
  Done done_;
  GrowingBuffer buffer_;
  uint64_t bytes_ = 0;
  bool reading_ = false, refused_ = false, ended_ = false;
};

}  // namespace jobpod::streaming
