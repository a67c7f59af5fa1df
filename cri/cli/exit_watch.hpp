// Knowing at once when a container has ended.
#pragma once

#include <grpcpp/client_context.h>

#include <string>
#include <thread>

#include "cri/cli/client.hpp"
#include "cri/cli/event.hpp"

namespace jobpod::cli {

// Reads the daemon's events on a thread of its own. `client` outlives it.
class ExitWatch {
 public:
  ExitWatch(const Client& client, std::string container_id);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  // Ready, and stays so, when the container has stopped or the events have ended: then ask for the container's status.
  Waitable waitable() const { return event_->waitable(); }

 private:
  void Loop(const Client& client, const std::string& container_id);
  grpc::ClientContext context_;
  const std::unique_ptr<Event> event_ = Event::Make();
  std::thread thread_;
};

}  // namespace jobpod::cli
