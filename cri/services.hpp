// The CRI services: what kubelet and crictl call. The daemon makes them once, registers both with its
// grpc::Server (message limits 16 MiB) and keeps them until that server has been shut down.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/workers.hpp"
#include "cri/peer_check.hpp"
#include "cri/streaming/server.hpp"
#include "image/images.hpp"
#include "runtime/pod_manager.hpp"

namespace grpc {
class Service;
}

namespace jobpod {

// gRPC's limit in both directions: what the clients accept.
inline constexpr int kMaxMessageBytes = 16 << 20;

struct ServicesConfig {
  std::string admit = "host-process";          // "host-process", "host-network", "all" (already checked)
  std::string default_handler = "image-root";  // of privileged host-network pods that name none
  std::string runtime_version;                 // "0.1.0"
  PeerCheck peer_check;
};

// Told once about every RPC that has ended. Thread-safe; must not block.
class RpcObserver {
 public:
  virtual ~RpcObserver() = default;
  // `rpc` is the method's name ("RunPodSandbox"), `code` a grpc::StatusCode, `elapsed` from the request's
  // arrival to the answer's.
  virtual void Finished(std::string_view rpc, int code, std::chrono::nanoseconds elapsed) = 0;
};

// Thread-safe. Destroy only after the server has been shut down (with a deadline: that cancels event
// streams) and after `workers` has been destroyed or is known to be idle.
class Services {
 public:
  virtual ~Services() = default;

  // RuntimeService and ImageService, owned by this object.
  virtual std::vector<grpc::Service*> services() = 0;

  // Until true, every RPC but Version, Status and ImageFsInfo answers Unavailable, and RuntimeReady is
  // false. Starts false.
  virtual void SetReady(bool ready) = 0;
};

// `config.admit` that is none of the three is InvalidArgument at the daemon's config; here it means
// "host-process". Everything passed by reference outlives the services.
std::unique_ptr<Services> MakeServices(ServicesConfig config, PodManager& pods, Images& images,
                                       streaming::Server& streaming, Workers& workers, RpcObserver& observer);

}  // namespace jobpod
