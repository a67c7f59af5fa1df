#include "runtime/shim/pod_namespaces.hpp"

namespace jobpod::shim {

StatusOr<PodNamespaces> PodNamespaces::Create(boost::asio::io_context&, Job&, const Config&) {
  return PodNamespaces();
}

Status PodNamespaces::Describe(const LaunchPlan& plan, SpawnHandles&) const {
  if (!plan.has_isolation()) return absl::OkStatus();
  return absl::UnimplementedError("Windows has no namespaces: use a HostProcess pod");
}

}  // namespace jobpod::shim
