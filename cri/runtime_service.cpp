#include "cri/proto/runtime.grpc.pb.h"

#include "cri/events_stream.hpp"
#include "cri/service_calls.hpp"
#include "cri/service_makers.hpp"

namespace jobpod {
namespace {

constexpr char kCheckpoint[] = "the process tree of a HostProcess pod cannot be checkpointed";

using Wire = cri::RuntimeService;
// The lists are answered with bytes put together from what each item keeps.
template <typename Base>
using RawLists = Wire::WithRawCallbackMethod_ListPodSandbox<Wire::WithRawCallbackMethod_ListContainers<
    Wire::WithRawCallbackMethod_ListContainerStats<Wire::WithRawCallbackMethod_ListPodSandboxStats<
        Wire::WithRawCallbackMethod_ListPodSandboxMetrics<Base>>>>>;
template <typename Base>
using RawStreams = Wire::WithRawCallbackMethod_StreamPodSandboxes<
    Wire::WithRawCallbackMethod_StreamContainers<Wire::WithRawCallbackMethod_StreamContainerStats<
        Wire::WithRawCallbackMethod_StreamPodSandboxStats<Wire::WithRawCallbackMethod_StreamPodSandboxMetrics<
            Wire::WithRawCallbackMethod_GetContainerEvents<Base>>>>>>;

// Every method of the wire but the lists.
class RuntimeCalls : public RawLists<RawStreams<Wire::CallbackService>>, public ServiceCalls {
 public:
  using ServiceCalls::ServiceCalls;

  Unary* Version(Context* context, const cri::VersionRequest* request,
                 cri::VersionResponse* response) override {
    return Quick({.name = "Version", .always = true}, context, request, response, handle::Version);
  }
  Unary* Status(Context* context, const cri::StatusRequest* request, cri::StatusResponse* response) override {
    return Quick({.name = "Status", .always = true}, context, request, response, handle::RuntimeStatus);
  }
  Unary* RuntimeConfig(Context* context, const cri::RuntimeConfigRequest* request,
                       cri::RuntimeConfigResponse* response) override {
    return Quick({.name = "RuntimeConfig"}, context, request, response, handle::RuntimeConfig);
  }
  Unary* UpdateRuntimeConfig(Context* context, const cri::UpdateRuntimeConfigRequest* request,
                             cri::UpdateRuntimeConfigResponse* response) override {
    return Quick({.name = "UpdateRuntimeConfig"}, context, request, response, handle::UpdateRuntimeConfig);
  }
  Unary* RunPodSandbox(Context* context, const cri::RunPodSandboxRequest* request,
                       cri::RunPodSandboxResponse* response) override {
    return Waits({.name = "RunPodSandbox", .changes = true}, context, request, response,
                 handle::RunPodSandbox);
  }
  Unary* StopPodSandbox(Context* context, const cri::StopPodSandboxRequest* request,
                        cri::StopPodSandboxResponse* response) override {
    return Waits({.name = "StopPodSandbox", .changes = true}, context, request, response,
                 handle::StopPodSandbox);
  }
  Unary* RemovePodSandbox(Context* context, const cri::RemovePodSandboxRequest* request,
                          cri::RemovePodSandboxResponse* response) override {
    return Waits({.name = "RemovePodSandbox", .changes = true}, context, request, response,
                 handle::RemovePodSandbox);
  }
  Unary* PodSandboxStatus(Context* context, const cri::PodSandboxStatusRequest* request,
                          cri::PodSandboxStatusResponse* response) override {
    return Quick({.name = "PodSandboxStatus"}, context, request, response, handle::PodSandboxStatus);
  }
  Unary* UpdatePodSandboxResources(Context* context, const cri::UpdatePodSandboxResourcesRequest* request,
                                   cri::UpdatePodSandboxResourcesResponse* response) override {
    return Waits({.name = "UpdatePodSandboxResources", .changes = true}, context, request, response,
                 handle::UpdatePodSandboxResources);
  }
  Unary* PodSandboxStats(Context* context, const cri::PodSandboxStatsRequest* request,
                         cri::PodSandboxStatsResponse* response) override {
    return Waits({.name = "PodSandboxStats"}, context, request, response, handle::PodSandboxStats);
  }
  Unary* CreateContainer(Context* context, const cri::CreateContainerRequest* request,
                         cri::CreateContainerResponse* response) override {
    return Waits({.name = "CreateContainer", .changes = true}, context, request, response,
                 handle::CreateContainer);
  }
  Unary* StartContainer(Context* context, const cri::StartContainerRequest* request,
                        cri::StartContainerResponse* response) override {
    return Waits({.name = "StartContainer", .changes = true}, context, request, response,
                 handle::StartContainer);
  }
  Unary* StopContainer(Context* context, const cri::StopContainerRequest* request,
                       cri::StopContainerResponse* response) override {
    return Waits({.name = "StopContainer", .changes = true}, context, request, response,
                 handle::StopContainer);
  }
  Unary* RemoveContainer(Context* context, const cri::RemoveContainerRequest* request,
                         cri::RemoveContainerResponse* response) override {
    return Waits({.name = "RemoveContainer", .changes = true}, context, request, response,
                 handle::RemoveContainer);
  }
  Unary* ContainerStatus(Context* context, const cri::ContainerStatusRequest* request,
                         cri::ContainerStatusResponse* response) override {
    return Quick({.name = "ContainerStatus"}, context, request, response, handle::ContainerStatus);
  }
  Unary* UpdateContainerResources(Context* context, const cri::UpdateContainerResourcesRequest* request,
                                  cri::UpdateContainerResourcesResponse* response) override {
    return Waits({.name = "UpdateContainerResources", .changes = true}, context, request, response,
                 handle::UpdateContainerResources);
  }
  Unary* ReopenContainerLog(Context* context, const cri::ReopenContainerLogRequest* request,
                            cri::ReopenContainerLogResponse* response) override {
    return Waits({.name = "ReopenContainerLog", .changes = true}, context, request, response,
                 handle::ReopenContainerLog);
  }
  Unary* ExecSync(Context* context, const cri::ExecSyncRequest* request,
                  cri::ExecSyncResponse* response) override {
    return Waits({.name = "ExecSync"}, context, request, response, handle::ExecSync);
  }
  Unary* ContainerStats(Context* context, const cri::ContainerStatsRequest* request,
                        cri::ContainerStatsResponse* response) override {
    return Waits({.name = "ContainerStats"}, context, request, response, handle::ContainerStats);
  }
  Unary* ListMetricDescriptors(Context* context, const cri::ListMetricDescriptorsRequest* request,
                               cri::ListMetricDescriptorsResponse* response) override {
    return Quick({.name = "ListMetricDescriptors"}, context, request, response,
                 handle::ListMetricDescriptors);
  }
  Unary* Exec(Context* context, const cri::ExecRequest* request, cri::ExecResponse* response) override {
    return Quick({.name = "Exec", .changes = true}, context, request, response, handle::Exec);
  }
  Unary* Attach(Context* context, const cri::AttachRequest* request, cri::AttachResponse* response) override {
    return Quick({.name = "Attach", .changes = true}, context, request, response, handle::Attach);
  }
  Unary* PortForward(Context* context, const cri::PortForwardRequest* request,
                     cri::PortForwardResponse* response) override {
    return Quick({.name = "PortForward", .changes = true}, context, request, response, handle::PortForward);
  }
  Unary* CheckpointContainer(Context* context, const cri::CheckpointContainerRequest*,
                             cri::CheckpointContainerResponse*) override {
    return Missing("CheckpointContainer", context, kCheckpoint);
  }
  Unary* CheckpointPod(Context* context, const cri::CheckpointPodRequest*,
                       cri::CheckpointPodResponse*) override {
    return Missing("CheckpointPod", context, kCheckpoint);
  }
  Unary* RestorePod(Context* context, const cri::RestorePodRequest*, cri::RestorePodResponse*) override {
    return Missing("RestorePod", context, kCheckpoint);
  }
};

// A list and its stream differ in the request's type only; both have the filter.
auto Pods(const Rooms& rooms) {
  return [&rooms](const auto& request) { return handle::ListPodSandbox(rooms, request.filter()); };
}
auto Containers(const Rooms& rooms) {
  return [&rooms](const auto& request) { return handle::ListContainers(rooms, request.filter()); };
}
auto StatsOfContainers(const Rooms& rooms) {
  return [&rooms](const auto& request) { return handle::ListContainerStats(rooms, request.filter()); };
}
auto StatsOfPods(const Rooms& rooms) {
  return [&rooms](const auto& request) { return handle::ListPodSandboxStats(rooms, request.filter()); };
}
auto MetricsOfPods(const Rooms& rooms) {
  return [&rooms](const auto&) { return handle::ListPodSandboxMetrics(rooms); };
}

class RuntimeService final : public RuntimeCalls {
 public:
  using RuntimeCalls::RuntimeCalls;

  Unary* ListPodSandbox(Context* context, const Bytes* request, Bytes* response) override {
    return QuickList<cri::ListPodSandboxRequest>("ListPodSandbox", context, request, response, Pods(rooms()));
  }
  Stream* StreamPodSandboxes(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamPodSandboxesRequest>("StreamPodSandboxes", context, request, Pods(rooms()));
  }
  Unary* ListContainers(Context* context, const Bytes* request, Bytes* response) override {
    return QuickList<cri::ListContainersRequest>("ListContainers", context, request, response,
                                                 Containers(rooms()));
  }
  Stream* StreamContainers(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamContainersRequest>("StreamContainers", context, request,
                                                    Containers(rooms()));
  }
  Unary* ListContainerStats(Context* context, const Bytes* request, Bytes* response) override {
    return WaitingList<cri::ListContainerStatsRequest>("ListContainerStats", context, request, response,
                                                       StatsOfContainers(rooms()));
  }
  Stream* StreamContainerStats(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamContainerStatsRequest>("StreamContainerStats", context, request,
                                                        StatsOfContainers(rooms()));
  }
  Unary* ListPodSandboxStats(Context* context, const Bytes* request, Bytes* response) override {
    return WaitingList<cri::ListPodSandboxStatsRequest>("ListPodSandboxStats", context, request, response,
                                                        StatsOfPods(rooms()));
  }
  Stream* StreamPodSandboxStats(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamPodSandboxStatsRequest>("StreamPodSandboxStats", context, request,
                                                         StatsOfPods(rooms()));
  }
  Unary* ListPodSandboxMetrics(Context* context, const Bytes* request, Bytes* response) override {
    return WaitingList<cri::ListPodSandboxMetricsRequest>("ListPodSandboxMetrics", context, request, response,
                                                          MetricsOfPods(rooms()));
  }
  Stream* StreamPodSandboxMetrics(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamPodSandboxMetricsRequest>("StreamPodSandboxMetrics", context, request,
                                                           MetricsOfPods(rooms()));
  }
  Stream* GetContainerEvents(Context* context, const Bytes*) override {
    const Rpc rpc{.name = "GetContainerEvents"};
    return StreamEvents(rooms(), skin().Admit(rpc, *context), skin().Record(rpc, *context));
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRuntimeService(const Rooms& rooms, Skin& skin) {
  return std::make_unique<RuntimeService>(rooms, skin);
}

}  // namespace jobpod
