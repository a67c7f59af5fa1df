// The namespaces a pod's image-root containers share (Linux).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/native_handle.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod::shim {

// Owned descriptors; they keep the IPC namespace and the shared memory alive. A process namespace lives as
// long as its first process, which is in the pod's job and so dies with it.
class PodNamespaces {
 public:
  // Nothing is made when `config` asks for neither.
  static StatusOr<PodNamespaces> Create(boost::asio::io_context& io, Job& pod_job, const Config& config);

  PodNamespaces() = default;

  // Adds to the handles what the plan asks of the pod; Internal when the pod has no such namespace.
  Status Describe(const LaunchPlan& plan, SpawnHandles& handles) const;

 private:
  Status Take(int32_t pid);

  OwnedHandle processes_, ipc_, mounts_;
};

}  // namespace jobpod::shim
