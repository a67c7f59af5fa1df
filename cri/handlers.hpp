// Every RPC's handler, one family a file. They translate, ask runtime/ or image/, and answer; waiting
// calls run on a worker, the others on gRPC's thread (see runtime_service.cpp, image_service.cpp).
#pragma once

#include "base/status.hpp"
#include "cri/call.hpp"
#include "cri/item_list.hpp"
#include "cri/rooms.hpp"
#include "cri/wire.hpp"

namespace jobpod::handle {

// status.cpp
Status Version(const Rooms&, Call&, const cri::VersionRequest&, cri::VersionResponse*);
Status RuntimeStatus(const Rooms&, Call&, const cri::StatusRequest&, cri::StatusResponse*);
Status RuntimeConfig(const Rooms&, Call&, const cri::RuntimeConfigRequest&, cri::RuntimeConfigResponse*);
Status UpdateRuntimeConfig(const Rooms&, Call&, const cri::UpdateRuntimeConfigRequest&,
                           cri::UpdateRuntimeConfigResponse*);

// pod_start.cpp, pod_stop.cpp, pod_status.cpp, pod_list.cpp, pod_update.cpp, pod_stats.cpp
Status RunPodSandbox(const Rooms&, Call&, const cri::RunPodSandboxRequest&, cri::RunPodSandboxResponse*);
Status StopPodSandbox(const Rooms&, Call&, const cri::StopPodSandboxRequest&, cri::StopPodSandboxResponse*);
Status RemovePodSandbox(const Rooms&, Call&, const cri::RemovePodSandboxRequest&,
                        cri::RemovePodSandboxResponse*);
Status PodSandboxStatus(const Rooms&, Call&, const cri::PodSandboxStatusRequest&,
                        cri::PodSandboxStatusResponse*);
StatusOr<ItemList> ListPodSandbox(const Rooms&, const cri::PodSandboxFilter&);
Status UpdatePodSandboxResources(const Rooms&, Call&, const cri::UpdatePodSandboxResourcesRequest&,
                                 cri::UpdatePodSandboxResourcesResponse*);
Status PodSandboxStats(const Rooms&, Call&, const cri::PodSandboxStatsRequest&,
                       cri::PodSandboxStatsResponse*);
StatusOr<ItemList> ListPodSandboxStats(const Rooms&, const cri::PodSandboxStatsFilter&);

// container_create.cpp, container_start.cpp, container_stop.cpp, container_status.cpp, container_list.cpp,
// container_update.cpp, container_log.cpp, container_exec.cpp, container_stats.cpp
Status CreateContainer(const Rooms&, Call&, const cri::CreateContainerRequest&,
                       cri::CreateContainerResponse*);
Status StartContainer(const Rooms&, Call&, const cri::StartContainerRequest&, cri::StartContainerResponse*);
Status StopContainer(const Rooms&, Call&, const cri::StopContainerRequest&, cri::StopContainerResponse*);
Status RemoveContainer(const Rooms&, Call&, const cri::RemoveContainerRequest&,
                       cri::RemoveContainerResponse*);
Status ContainerStatus(const Rooms&, Call&, const cri::ContainerStatusRequest&,
                       cri::ContainerStatusResponse*);
StatusOr<ItemList> ListContainers(const Rooms&, const cri::ContainerFilter&);
Status UpdateContainerResources(const Rooms&, Call&, const cri::UpdateContainerResourcesRequest&,
                                cri::UpdateContainerResourcesResponse*);
Status ReopenContainerLog(const Rooms&, Call&, const cri::ReopenContainerLogRequest&,
                          cri::ReopenContainerLogResponse*);
Status ExecSync(const Rooms&, Call&, const cri::ExecSyncRequest&, cri::ExecSyncResponse*);
Status ContainerStats(const Rooms&, Call&, const cri::ContainerStatsRequest&, cri::ContainerStatsResponse*);
StatusOr<ItemList> ListContainerStats(const Rooms&, const cri::ContainerStatsFilter&);

// container_stream.cpp, pod_port_forward.cpp
Status Exec(const Rooms&, Call&, const cri::ExecRequest&, cri::ExecResponse*);
Status Attach(const Rooms&, Call&, const cri::AttachRequest&, cri::AttachResponse*);
Status PortForward(const Rooms&, Call&, const cri::PortForwardRequest&, cri::PortForwardResponse*);

// pod_metrics.cpp
Status ListMetricDescriptors(const Rooms&, Call&, const cri::ListMetricDescriptorsRequest&,
                             cri::ListMetricDescriptorsResponse*);
StatusOr<ItemList> ListPodSandboxMetrics(const Rooms&);

// image_list.cpp, image_status.cpp, image_pull.cpp, image_remove.cpp
StatusOr<ItemList> ListImages(const Rooms&, const cri::ImageFilter&);
Status ImageStatus(const Rooms&, Call&, const cri::ImageStatusRequest&, cri::ImageStatusResponse*);
Status ImageFsInfo(const Rooms&, Call&, const cri::ImageFsInfoRequest&, cri::ImageFsInfoResponse*);
Status PullImage(const Rooms&, Call&, const cri::PullImageRequest&, cri::PullImageResponse*);
Status RemoveImage(const Rooms&, Call&, const cri::RemoveImageRequest&, cri::RemoveImageResponse*);

// The answer of an RPC that this version does not have.
Status NotAvailable(const char* rpc, const char* why);

}  // namespace jobpod::handle
