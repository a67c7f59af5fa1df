// Whoever started the daemon and ends it: a terminal, systemd, Windows' service control manager.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// Used on the daemon's main thread, but for Left.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  // Where the log of a daemon on `root` goes unless the configuration says; empty: standard error.
  virtual std::string LogFile(const std::string& root) const = 0;
  virtual void Ready() = 0;
  // Comes back when the daemon is asked to end.
  virtual void WaitForEnd() = 0;
  virtual void Stopping() = 0;
  // The last thing before the process ends on purpose.
  virtual void Left() = 0;
};

// For a daemon that was started like any other program: the signals of PrepareProcess end it. Tells systemd through
// NOTIFY_SOCKET, if that is set.
std::unique_ptr<ServiceManager> OrdinaryManager();

}  // namespace jobpod
