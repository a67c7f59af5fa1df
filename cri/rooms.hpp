// What the RPC handlers work with. They keep no state of their own.
#pragma once

#include <functional>
#include <string>

#include "cri/streaming/server.hpp"
#include "image/images.hpp"
#include "network/host_identity.hpp"
#include "runtime/pod_manager.hpp"

namespace jobpod {

enum class AdmitLevel { kHostProcess, kHostNetwork, kAll };

struct Rooms {
  PodManager& pods;
  Images& images;
  streaming::Server& streaming;
  AdmitLevel admit = AdmitLevel::kHostProcess;
  std::string default_handler;  // of privileged host-network pods that name none
  std::string runtime_version;
  std::function<bool()> ready;
  std::function<HostIdentity()> host_identity;  // thread-safe
};

}  // namespace jobpod
