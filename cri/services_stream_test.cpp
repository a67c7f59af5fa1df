// Exec, Attach and PortForward: what is refused, and that the URL leads to the work.
#include "cri/streaming/status_json.hpp"
#include "cri/streaming/test_client.hpp"
#include "cri/test_server.hpp"

namespace jobpod {
namespace {

using grpc::StatusCode;
using streaming::SpdyTestClient;

struct Running {
  TestServer server;
  std::string pod = server.RunPod("web");
  std::string id = server.Create(pod, "main");

  cri::ExecRequest Exec(const std::string& container) const {
    cri::ExecRequest request;
    request.set_container_id(container);
    request.add_cmd("echo");
    request.add_cmd("hello");
    request.set_stdout(true);
    return request;
  }
  StatusCode Code(const cri::ExecRequest& request) {
    cri::ExecResponse response;
    return Ask(server.runtime, &RuntimeStub::Exec, request, response).error_code();
  }
  StatusCode Code(const cri::AttachRequest& request) {
    cri::AttachResponse response;
    return Ask(server.runtime, &RuntimeStub::Attach, request, response).error_code();
  }
  StatusCode Code(const cri::PortForwardRequest& request) {
    cri::PortForwardResponse response;
    return Ask(server.runtime, &RuntimeStub::PortForward, request, response).error_code();
  }
};

TEST_CASE("Exec and Attach refuse what cannot be streamed") {
  Running running;
  CHECK(running.Code(running.Exec("")) == StatusCode::INVALID_ARGUMENT);
  CHECK(running.Code(running.Exec("ffff")) == StatusCode::NOT_FOUND);
  CHECK(running.Code(running.Exec(running.id)) == StatusCode::FAILED_PRECONDITION);
  running.server.Start(running.id);
  cri::ExecRequest request = running.Exec(running.id);
  CHECK(running.Code(request) == StatusCode::OK);
  request.set_tty(true);
  CHECK(running.Code(request) == StatusCode::OK);
  request.set_stderr(true);
  CHECK(running.Code(request) == StatusCode::INVALID_ARGUMENT);
  request = running.Exec(running.id);
  request.set_stdout(false);
  CHECK(running.Code(request) == StatusCode::INVALID_ARGUMENT);
  request = running.Exec(running.id);
  request.clear_cmd();
  CHECK(running.Code(request) == StatusCode::INVALID_ARGUMENT);
  cri::AttachRequest attach;
  attach.set_container_id(running.id);
  CHECK(running.Code(attach) == StatusCode::INVALID_ARGUMENT);
  attach.set_stdin(true);
  CHECK(running.Code(attach) == StatusCode::OK);
  attach.set_tty(true);
  CHECK(running.Code(attach) == StatusCode::INVALID_ARGUMENT);  // the container has none
}

TEST_CASE("PortForward wants a ready pod and real ports") {
  Running running;
  cri::PortForwardRequest request;
  CHECK(running.Code(request) == StatusCode::INVALID_ARGUMENT);
  request.set_pod_sandbox_id(running.pod);
  CHECK(running.Code(request) == StatusCode::OK);
  request.add_port(65536);
  CHECK(running.Code(request) == StatusCode::INVALID_ARGUMENT);
  request.set_port(0, 8080);
  CHECK(running.Code(request) == StatusCode::OK);
  REQUIRE(running.server.pods.StopPod(running.pod).ok());
  CHECK(running.Code(request) == StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("the URL of Exec leads to the command") {
  Running running;
  running.server.Start(running.id);
  cri::ExecResponse response;
  REQUIRE(
      Ask(running.server.runtime, &RuntimeStub::Exec, running.Exec(running.id.substr(0, 13)), response).ok());
  CHECK(response.url().rfind("http://127.0.0.1:", 0) == 0);
  SpdyTestClient client(response.url(), {"v4.channel.k8s.io"});
  const uint32_t error = client.Open({{"streamtype", "error"}}),
                 output = client.Open({{"streamtype", "stdout"}});
  CHECK(client.UntilClosed());
  CHECK(client.streams[output].data == "hello");
  CHECK(streaming::ParseEnd(client.streams[error].data).value() == 3);
}

TEST_CASE("1,000 requests may wait for their clients, one more is refused") {
  Running running;
  running.server.Start(running.id);
  for (int i = 0; i < 1000; ++i) REQUIRE(running.Code(running.Exec(running.id)) == StatusCode::OK);
  CHECK(running.Code(running.Exec(running.id)) == StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace jobpod
