// The port behind the pipe, seen by somebody who goes there by himself.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "cri/test_server.hpp"

namespace jobpod {
namespace {

TEST_CASE("the pipe's clients are served while whoever finds the port behind it is refused") {
  TestServer house;
  const auto channel = grpc::CreateChannel(Concat("127.0.0.1:", house.port), grpc::InsecureChannelCredentials());
  const auto foreign = cri::RuntimeService::NewStub(channel);
  cri::VersionResponse version;
  CHECK(Ask(foreign, &RuntimeStub::Version, cri::VersionRequest(), version).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  CHECK(Ask(house.runtime, &RuntimeStub::Version, cri::VersionRequest(), version).ok());
  cri::RunPodSandboxResponse pod;
  CHECK(Ask(foreign, &RuntimeStub::RunPodSandbox, TestServer::Pod("web"), pod).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  CHECK(house.pods.ListPods().empty());
}

}  // namespace
}  // namespace jobpod
