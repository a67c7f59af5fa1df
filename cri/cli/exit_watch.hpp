// Knowing at once when a container has ended.
#pragma once

#include <grpcpp/client_context.h>

#include <string>
#include <thread>

#include "base/handle_linux.hpp"
#include "cri/cli/client.hpp"

namespace jobpod::cli {

// Reads the daemon's events on a thread of its own. `client` outlives it.
class ExitWatch {
 public:
  ExitWatch(const Client& client, std::string container_id);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  // Becomes readable, and stays so, when the container has stopped or the events have ended: then ask for
  // the container's status.
  int descriptor() const { return event_.get(); }

 private:
  void Loop(const Client& client, const std::string& container_id);
  grpc::ClientContext context_;
  Fd event_;
  std::thread thread_;
};

}  // namespace jobpod::cli
