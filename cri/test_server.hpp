// The real services behind a real gRPC server at a real endpoint, with fakes of what stands below.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/temporary_directory.hpp"
#include "cri/endpoint.hpp"
#include "cri/endpoint_client.hpp"
#include "cri/proto/runtime.grpc.pb.h"
#include "cri/services.hpp"
#include "test/fakes/fake_images.hpp"
#include "test/fakes/fake_pod_manager.hpp"

namespace grpc {
class Server;
}

namespace jobpod {

namespace cri = ::runtime::v1;

class TestServer : public RpcObserver {
 public:
  explicit TestServer(const std::string& admit = "host-process", bool ready = true, PeerCheck peer_check = nullptr);
  ~TestServer() override;

  void Finished(std::string_view rpc, int code, std::chrono::nanoseconds elapsed) override;
  // How many calls of `rpc` have ended with `code`.
  int finished(const std::string& rpc, int code);
  void SetReady() { services_->SetReady(true); }
  std::string address() const;

  // Requests that are admitted.
  static cri::RunPodSandboxRequest Pod(const std::string& name);
  static cri::CreateContainerRequest Container(const std::string& pod_id, const std::string& name);
  // The ids of a new pod, of a new container in it.
  std::string RunPod(const std::string& name);
  std::string Create(const std::string& pod_id, const std::string& name);
  void Start(const std::string& container_id);

  FakePodManager pods;
  int port = 0;  // gRPC's own, behind a pipe
  FakeImages images;
  std::unique_ptr<streaming::Server> streaming;
  std::unique_ptr<cri::RuntimeService::Stub> runtime;
  std::unique_ptr<cri::ImageService::Stub> image;

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, int> finished_;
  TemporaryDirectory directory_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<EndpointClient> client_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
};

// One call: `answer = Ask(&Stub::Version, stub, request)` with its status in `status`.
template <typename Stub, typename Request, typename Response>
grpc::Status Ask(const std::unique_ptr<Stub>& stub,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  return (stub.get()->*method)(&context, request, &response);
}

using RuntimeStub = cri::RuntimeService::Stub;
using ImageStub = cri::ImageService::Stub;

}  // namespace jobpod
