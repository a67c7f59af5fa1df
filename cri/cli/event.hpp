// What a thread can wait for, several at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>

namespace jobpod::cli {

// A descriptor that becomes readable (Linux) or a handle that is signalled (Windows). Not owned.
using Waitable = intptr_t;
inline constexpr Waitable kNothing = -1;  // never ready

// Stays set. Thread-safe.
class Event {
 public:
  static std::unique_ptr<Event> Make();
  virtual ~Event() = default;
  virtual void Set() = 0;
  virtual Waitable waitable() const = 0;
};

// The index of the first that is ready; -1 when none is after `bound`, or without one never.
int WaitForAny(std::initializer_list<Waitable> things, std::chrono::milliseconds bound = std::chrono::milliseconds(-1));

}  // namespace jobpod::cli
