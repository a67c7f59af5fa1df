// Whose calls are answered.
#include <grpcpp/client_context.h>

#include "cri/test_server.hpp"

namespace jobpod {
namespace {

TEST_CASE("calls of whom the endpoint does not know are refused, whatever they ask") {
  TestServer house("host-process", true, [](const std::string& peer) { return peer.empty(); });
  cri::VersionResponse version;
  const auto refused = Ask(house.runtime, &RuntimeStub::Version, cri::VersionRequest(), version);
  CHECK(refused.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK_THAT(refused.error_message(), Catch::Contains("Version: jobpodd's port is for its own pipe only"));
  cri::RunPodSandboxResponse pod;
  CHECK(Ask(house.runtime, &RuntimeStub::RunPodSandbox, TestServer::Pod("web"), pod).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  CHECK(house.pods.ListPods().empty());
  cri::ListImagesResponse images;
  CHECK(Ask(house.image, &ImageStub::ListImages, cri::ListImagesRequest(), images).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  grpc::ClientContext context;
  cri::ContainerEventResponse event;
  const auto events = house.runtime->GetContainerEvents(&context, {});
  CHECK_FALSE(events->Read(&event));
  CHECK(events->Finish().error_code() == grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace jobpod
