#include "test/harness/client.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace jobpod::test {
namespace {

using Runtime = cri::RuntimeService::Stub;
using Images = cri::ImageService::Stub;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(16 << 20);
  arguments.SetMaxSendMessageSize(64 << 20);  // so that a test can send too much
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);  // how long one attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return arguments;
}

std::unique_ptr<EndpointClient> OpenEndpointOf(const std::string& address) {
  auto endpoint = EndpointClient::Open(address);
  if (!endpoint.ok()) SetUpFailed(Concat("dial ", address, ": ", Message(endpoint.status())));
  return *std::move(endpoint);
}

}  // namespace

RpcFailed::RpcFailed(const std::string& rpc, grpc::Status why)
    : std::runtime_error(
          Concat(rpc, ": code ", static_cast<int>(why.error_code()), ": ", why.error_message())),
      status(std::move(why)) {}

CriClient::CriClient(const std::string& address)
    : endpoint_(OpenEndpointOf(address)),
      channel_(grpc::CreateCustomChannel(endpoint_->grpc_target(), grpc::InsecureChannelCredentials(), Arguments())),
      runtime_(cri::RuntimeService::NewStub(channel_)),
      images_(cri::ImageService::NewStub(channel_)) {}

// Waits inside the call: a channel makes progress only while one of its calls does.
bool CriClient::Connects(Milliseconds bound) {
  const auto end = std::chrono::system_clock::now() + bound;
  const auto ready = [&] {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(end);
    cri::StatusResponse response;
    if (!runtime_->Status(&context, cri::StatusRequest(), &response).ok()) return false;
    const auto& conditions = response.status().conditions();
    return std::any_of(conditions.begin(), conditions.end(), [](const cri::RuntimeCondition& condition) {
      return condition.type() == "RuntimeReady" && condition.status();
    });
  };
  return Eventually(ready, bound);
}

std::string CriClient::Pull(const std::string& reference) {
  cri::PullImageRequest request;
  request.mutable_image()->set_image(reference);
  return Call(&Images::PullImage, request, Milliseconds(120'000)).image_ref();
}

std::string CriClient::RunPod(const cri::PodSandboxConfig& pod, const std::string& handler) {
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = pod;
  request.set_runtime_handler(handler);
  return Call(&Runtime::RunPodSandbox, request).pod_sandbox_id();
}

std::string CriClient::Create(const std::string& pod_id, const cri::PodSandboxConfig& pod,
                              const cri::ContainerConfig& container) {
  cri::CreateContainerRequest request;
  request.set_pod_sandbox_id(pod_id);
  *request.mutable_config() = container;
  *request.mutable_sandbox_config() = pod;
  return Call(&Runtime::CreateContainer, request).container_id();
}

void CriClient::Start(const std::string& id) {
  cri::StartContainerRequest request;
  request.set_container_id(id);
  Call(&Runtime::StartContainer, request);
}

void CriClient::Stop(const std::string& id, int64_t timeout_seconds) {
  cri::StopContainerRequest request;
  request.set_container_id(id);
  request.set_timeout(timeout_seconds);
  Call(&Runtime::StopContainer, request);
}

void CriClient::Remove(const std::string& id) {
  cri::RemoveContainerRequest request;
  request.set_container_id(id);
  Call(&Runtime::RemoveContainer, request);
}

void CriClient::StopPod(const std::string& id) {
  cri::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  Call(&Runtime::StopPodSandbox, request);
}

void CriClient::RemovePod(const std::string& id) {
  cri::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  Call(&Runtime::RemovePodSandbox, request);
}

cri::ExecSyncResponse CriClient::Exec(const std::string& id, const std::vector<std::string>& command,
                                      int64_t timeout_seconds) {
  cri::ExecSyncRequest request;
  request.set_container_id(id);
  for (const std::string& word : command) request.add_cmd(word);
  request.set_timeout(timeout_seconds);
  return Call(&Runtime::ExecSync, request);
}

cri::ContainerStatus CriClient::StatusOf(const std::string& id) {
  cri::ContainerStatusRequest request;
  request.set_container_id(id);
  return Call(&Runtime::ContainerStatus, request).status();
}

cri::PodSandboxStatus CriClient::StatusOfPod(const std::string& id) {
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(id);
  return Call(&Runtime::PodSandboxStatus, request).status();
}

cri::ContainerStatus CriClient::Ended(const std::string& id, Milliseconds bound) {
  cri::ContainerStatus status;
  const bool ended =
      Eventually([&] { return (status = StatusOf(id)).state() == cri::CONTAINER_EXITED; }, bound);
  if (!ended)
    throw std::runtime_error(Concat("container ", id, " has not ended: ", status.ShortDebugString()));
  return status;
}

}  // namespace jobpod::test
