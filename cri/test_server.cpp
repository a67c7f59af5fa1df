#include "cri/test_server.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "base/log.hpp"
#include "cri/service_makers.hpp"
#include "cri/test_address.hpp"

namespace jobpod {
namespace {

HostIdentity TestHost() {
  return {"node1", {"192.0.2.7", "2001:db8::7"}};
}

Image Busybox() {
  Image image;
  image.id = Concat("sha256:", std::string(64, 'a'));
  image.repo_tags = {"docker.io/library/busybox:latest"};
  image.repo_digests = {Concat("docker.io/library/busybox@sha256:", std::string(64, 'b'))};
  image.size = 1234;
  image.config.user = "1000:50";
  image.config.command = {"sh"};
  return image;
}

}  // namespace

TestServer::TestServer(const std::string& admit, bool ready, PeerCheck peer_check)
    : workers_(std::make_unique<Workers>(8, 64)) {
  SetUpLog("off").IgnoreError();
  images.Put(Busybox());
  auto listening = streaming::Server::Start({.address = {"127.0.0.1", 0}}, *workers_);
  REQUIRE(listening.ok());
  streaming = *std::move(listening);
  ServicesConfig config;
  config.admit = admit;
  config.runtime_version = "0.1.0";
  auto endpoint = Endpoint::Prepare(address());
  REQUIRE(endpoint.ok());
  endpoint_ = *std::move(endpoint);
  config.peer_check = peer_check ? std::move(peer_check) : endpoint_->peer_check();
  services_ = MakeServicesFor(std::move(config), pods, images, *streaming, *workers_, *this, TestHost);
  services_->SetReady(ready);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint_->grpc_address(), grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  for (grpc::Service* service : services_->services()) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  REQUIRE(server_ != nullptr);
  REQUIRE(endpoint_->Open(port).ok());
  client_ = EndpointClient::Open(address()).value();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  const auto channel = grpc::CreateCustomChannel(client_->grpc_target(), grpc::InsecureChannelCredentials(), arguments);
  runtime = cri::RuntimeService::NewStub(channel);
  image = cri::ImageService::NewStub(channel);
}

TestServer::~TestServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  streaming->Stop();
  endpoint_.reset();
  workers_.reset();
  services_.reset();
}

std::string TestServer::address() const {
  return TestAddress(directory_.path);
}

void TestServer::Finished(std::string_view rpc, int code, std::chrono::nanoseconds) {
  const std::lock_guard lock(mutex_);
  ++finished_[{std::string(rpc), code}];
}

int TestServer::finished(const std::string& rpc, int code) {
  const std::lock_guard lock(mutex_);
  return finished_[{rpc, code}];
}

cri::RunPodSandboxRequest TestServer::Pod(const std::string& name) {
  cri::RunPodSandboxRequest request;
  auto& config = *request.mutable_config();
  config.mutable_metadata()->set_name(name);
  config.mutable_metadata()->set_namespace_("default");
  config.mutable_metadata()->set_uid(name + "-uid");
  config.set_log_directory("/var/log/pods/x");
  (*config.mutable_labels())["app"] = name;
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_network(cri::NODE);
  config.mutable_windows()->mutable_security_context()->set_host_process(true);
  return request;
}

cri::CreateContainerRequest TestServer::Container(const std::string& pod_id, const std::string& name) {
  cri::CreateContainerRequest request;
  request.set_pod_sandbox_id(pod_id);
  auto& config = *request.mutable_config();
  config.mutable_metadata()->set_name(name);
  config.mutable_image()->set_image("docker.io/library/busybox:latest");
  config.set_log_path(name + "/0.log");
  (*config.mutable_labels())["app"] = name;
  config.mutable_windows()->mutable_security_context()->set_host_process(true);
  return request;
}

std::string TestServer::RunPod(const std::string& name) {
  cri::RunPodSandboxResponse response;
  const auto status = Ask(runtime, &RuntimeStub::RunPodSandbox, Pod(name), response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response.pod_sandbox_id();
}

std::string TestServer::Create(const std::string& pod_id, const std::string& name) {
  cri::CreateContainerResponse response;
  const auto status = Ask(runtime, &RuntimeStub::CreateContainer, Container(pod_id, name), response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response.container_id();
}

void TestServer::Start(const std::string& container_id) {
  cri::StartContainerRequest request;
  request.set_container_id(container_id);
  cri::StartContainerResponse response;
  REQUIRE(Ask(runtime, &RuntimeStub::StartContainer, request, response).ok());
}

}  // namespace jobpod
