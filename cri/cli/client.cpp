#include "cri/cli/client.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "cri/cli/run_request.hpp"
#include "cri/host_defaults.hpp"

namespace jobpod::cli {
namespace {

constexpr int kMaxMessage = 16 << 20;

// `status` is what gRPC has found; the endpoint itself may tell more.
Status Unreachable(const Client& client, const Status& status) {
  const std::string what = Concat("cannot reach jobpodd at ", client.address, ": ");
  const std::string start = Concat("; is it running? start it with: ", kHostDefaults.start_hint);
  const Status there = client.endpoint->Look();
  if (absl::IsPermissionDenied(there)) return absl::PermissionDeniedError(Concat(what, Message(there)));
  if (there.ok()) return absl::UnavailableError(Concat(what, Message(status), start));
  return absl::UnavailableError(Concat(what, Message(there), start, ", or name its address with --address"));
}

template <typename Item>
Status Match(const std::vector<Item>& items, const std::string& text, const char* kind, const Item*& found) {
  for (const Item& item : items) {
    const bool exact = item.id() == text || item.metadata().name() == text;
    if (!exact && !item.id().starts_with(text)) continue;
    if (found && !exact) {
      return absl::InvalidArgumentError(
          Concat("\"", text, "\" fits more than one ", kind, "; give more of its id"));
    }
    found = &item;
    if (item.id() == text) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void SetDeadline(grpc::ClientContext& context, std::chrono::seconds limit) {
  context.set_deadline(std::chrono::system_clock::now() + limit);
}

StatusOr<Client> Connect(const std::string& address) {
  Client client{.address = address};
  StatusOr<std::unique_ptr<EndpointClient>> endpoint = EndpointClient::Open(address);
  if (!endpoint.ok()) return Status(endpoint.status().code(), Concat("the address ", Message(endpoint.status())));
  client.endpoint = *std::move(endpoint);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  arguments.SetMaxSendMessageSize(kMaxMessage);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // whatever the environment says: it is this machine
  client.channel = grpc::CreateCustomChannel(client.endpoint->grpc_target(), grpc::InsecureChannelCredentials(), arguments);
  client.runtime = cri::RuntimeService::NewStub(client.channel);
  client.images = cri::ImageService::NewStub(client.channel);
  client.admin = v1::Admin::NewStub(client.channel);
  grpc::ClientContext context;
  SetDeadline(context, std::chrono::seconds(10));
  cri::VersionResponse version;
  const Status asked = FromGrpc(client.runtime->Version(&context, {}, &version));
  if (!asked.ok()) return Unreachable(client, asked);
  return client;
}

StatusOr<std::vector<cri::Container>> ListContainers(const Client& client, const std::string& pod_id) {
  grpc::ClientContext context;
  SetDeadline(context);
  cri::ListContainersRequest request;
  if (!pod_id.empty()) request.mutable_filter()->set_pod_sandbox_id(pod_id);
  cri::ListContainersResponse response;
  RETURN_IF_ERROR(FromGrpc(client.runtime->ListContainers(&context, request, &response)));
  return std::vector<cri::Container>(response.containers().begin(), response.containers().end());
}

StatusOr<std::vector<cri::PodSandbox>> ListPods(const Client& client) {
  grpc::ClientContext context;
  SetDeadline(context);
  cri::ListPodSandboxResponse response;
  RETURN_IF_ERROR(FromGrpc(client.runtime->ListPodSandbox(&context, {}, &response)));
  return std::vector<cri::PodSandbox>(response.items().begin(), response.items().end());
}

StatusOr<cri::ContainerStatus> ContainerStatus(const Client& client, const std::string& id) {
  grpc::ClientContext context;
  SetDeadline(context);
  context.set_wait_for_ready(true);  // a daemon that is being restarted comes back
  cri::ContainerStatusRequest request;
  request.set_container_id(id);
  cri::ContainerStatusResponse response;
  RETURN_IF_ERROR(FromGrpc(client.runtime->ContainerStatus(&context, request, &response)));
  return response.status();
}

StatusOr<Target> FindTarget(const Client& client, const std::string& text) {
  if (text.empty()) return absl::InvalidArgumentError("the id is empty; see jobpod ps --all");
  ASSIGN_OR_RETURN(const auto containers, ListContainers(client));
  const cri::Container* container = nullptr;
  RETURN_IF_ERROR(Match(containers, text, "container", container));
  if (container) return Target{.id = container->id(), .pod_id = container->pod_sandbox_id()};
  ASSIGN_OR_RETURN(const auto pods, ListPods(client));
  const cri::PodSandbox* pod = nullptr;
  RETURN_IF_ERROR(Match(pods, text, "pod", pod));
  if (pod) return Target{.is_pod = true, .id = pod->id(), .pod_id = pod->id()};
  return absl::NotFoundError(Concat("there is no container or pod \"", text, "\"; see jobpod ps --all"));
}

StatusOr<std::string> FindContainer(const Client& client, const std::string& text) {
  ASSIGN_OR_RETURN(const Target target, FindTarget(client, text));
  if (!target.is_pod) return target.id;
  ASSIGN_OR_RETURN(const auto containers, ListContainers(client, target.id));
  if (containers.size() == 1) return containers.front().id();
  return absl::InvalidArgumentError(Concat("pod ", target.id, " has ", containers.size(),
                                           " containers; name one of them, see jobpod ps --all"));
}

Status RemovePod(const Client& client, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto pods, ListPods(client));
  grpc::ClientContext stop_context, remove_context;
  cri::StopPodSandboxRequest stop;
  stop.set_pod_sandbox_id(pod_id);
  cri::StopPodSandboxResponse stopped;
  RETURN_IF_ERROR(FromGrpc(client.runtime->StopPodSandbox(&stop_context, stop, &stopped)));
  cri::RemovePodSandboxRequest remove;
  remove.set_pod_sandbox_id(pod_id);
  cri::RemovePodSandboxResponse removed;
  RETURN_IF_ERROR(FromGrpc(client.runtime->RemovePodSandbox(&remove_context, remove, &removed)));
  for (const cri::PodSandbox& pod : pods) {
    if (pod.id() == pod_id) return RemoveRunLogs(pod);
  }
  return absl::OkStatus();
}

}  // namespace jobpod::cli
