// A CRI client for tests and benchmarks: the generated stubs with deadlines, and shorthand for the calls
// every test makes. Shorthand throws RpcFailed; thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cri/endpoint_client.hpp"
#include "cri/proto/runtime.grpc.pb.h"
#include "test/harness/process.hpp"

namespace jobpod::test {

namespace cri = ::runtime::v1;

struct RpcFailed : std::runtime_error {
  RpcFailed(const std::string& rpc, grpc::Status status);
  grpc::Status status;
};

class CriClient {
 public:
  // "unix:///path", "npipe:////./pipe/name". A client of its own has a connection of its own.
  explicit CriClient(const std::string& address);

  cri::RuntimeService::Stub& runtime() { return *runtime_; }
  cri::ImageService::Stub& images() { return *images_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Waits until the daemon says that it is ready; also after it has been away.
  bool Connects(Milliseconds bound);

  std::string Pull(const std::string& reference);
  std::string RunPod(const cri::PodSandboxConfig& pod, const std::string& handler = "");
  std::string Create(const std::string& pod_id, const cri::PodSandboxConfig& pod,
                     const cri::ContainerConfig& container);
  void Start(const std::string& id);
  void Stop(const std::string& id, int64_t timeout_seconds);
  void Remove(const std::string& id);
  void StopPod(const std::string& id);
  void RemovePod(const std::string& id);
  cri::ExecSyncResponse Exec(const std::string& id, const std::vector<std::string>& command,
                             int64_t timeout_seconds = 10);
  cri::ContainerStatus StatusOf(const std::string& id);
  cri::PodSandboxStatus StatusOfPod(const std::string& id);
  // Polls until the container is EXITED; throws after the bound with the state it is in.
  cri::ContainerStatus Ended(const std::string& id, Milliseconds bound = Milliseconds(15'000));

  // Calls any method of either stub: Call(&cri::RuntimeService::Stub::Status, request).
  template <typename Stub, typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request, Milliseconds deadline = Milliseconds(60'000)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    Response response;
    const grpc::Status status = (StubOf<Stub>().*method)(&context, request, &response);
    if (!status.ok()) throw RpcFailed(Request::descriptor()->name(), status);
    return response;
  }

 private:
  template <typename Stub>
  Stub& StubOf() {
    if constexpr (std::is_same_v<Stub, cri::ImageService::Stub>) {
      return *images_;
    } else {
      return *runtime_;
    }
  }

  const std::unique_ptr<EndpointClient> endpoint_;  // outlives the channel
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<cri::RuntimeService::Stub> runtime_;
  std::unique_ptr<cri::ImageService::Stub> images_;
};

// The status a call ended with: OK unless it threw RpcFailed.
template <typename Function>
grpc::Status Outcome(Function&& call) {
  try {
    call();
  } catch (const RpcFailed& failed) {
    return failed.status;
  }
  return grpc::Status::OK;
}

}  // namespace jobpod::test
