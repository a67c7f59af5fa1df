// The command line's connection to the daemon.
#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/endpoint_client.hpp"
#include "cri/proto/admin.grpc.pb.h"
#include "cri/proto/runtime.grpc.pb.h"

namespace jobpod::cli {

namespace cri = ::runtime::v1;

struct Client {
  std::string address;
  std::unique_ptr<EndpointClient> endpoint;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<cri::RuntimeService::Stub> runtime;
  std::unique_ptr<cri::ImageService::Stub> images;
  std::unique_ptr<v1::Admin::Stub> admin;
};

// Connects and asks for the version, so that a missing daemon is one clear error (Unavailable) at once.
StatusOr<Client> Connect(const std::string& address);

Status FromGrpc(const grpc::Status& status);

// Gives a call that shall not wait long its deadline.
void SetDeadline(grpc::ClientContext& context, std::chrono::seconds limit = std::chrono::seconds(30));

// What an id on the command line means: an id or unique prefix, or the exact name, of a container or else
// of a pod. NotFound, or InvalidArgument when it is ambiguous.
struct Target {
  bool is_pod = false;
  std::string id;
  std::string pod_id;
};
StatusOr<Target> FindTarget(const Client& client, const std::string& text);

// The same where only a container will do: a pod means the one container it has.
StatusOr<std::string> FindContainer(const Client& client, const std::string& text);

StatusOr<std::vector<cri::Container>> ListContainers(const Client& client, const std::string& pod_id = "");
StatusOr<std::vector<cri::PodSandbox>> ListPods(const Client& client);
StatusOr<cri::ContainerStatus> ContainerStatus(const Client& client, const std::string& id);

// What `jobpod run` puts on its pods, so that `jobpod rm` knows the whole pod goes, logs included.
inline constexpr const char* kRunLabel = "jobpod.io/run";
inline constexpr const char* kLogDirectoryAnnotation = "jobpod.io/log-directory";

// Stops and removes a pod, and the log directory when `jobpod run` has made it.
Status RemovePod(const Client& client, const std::string& pod_id);

}  // namespace jobpod::cli
