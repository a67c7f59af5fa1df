#include "runtime/shim/server.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "runtime/shim/own_process.hpp"
#include "runtime/shim/socket_name.hpp"
#include "runtime/shim/stream_handles.hpp"

namespace jobpod::shim {
namespace {

constexpr uint32_t kProtocolVersion = 3;
constexpr size_t kReadBufferSize = 16384;
constexpr size_t kMaxConnections = 8;
constexpr std::chrono::milliseconds kDefaultHandshake{10000};
constexpr std::chrono::seconds kBusyLife{1};  // after the last request

}  // namespace

StatusOr<Config> ReadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  Config config;
  if (config.ParseFromString(bytes) && !config.state_directory().empty()) return config;
  return absl::InvalidArgumentError(Concat(path, " is not a shim configuration"));
}

Server::Server(boost::asio::io_context& io, Config config, std::string config_path, OwnedHandle socket)
    : io_(io),
      config_(std::move(config)),
      config_path_(std::move(config_path)),
      buffer_(kReadBufferSize),
      reaper_(io),
      listener_(io, std::move(socket), ShimSocket(config_.state_directory())),
      handshake_(io),
      rest_(io) {}

Status Server::Begin() {
  RETURN_IF_ERROR(reaper_.Begin());
  const auto exited = [this](const ContainerReport& report) {
    FromShim event;
    *event.mutable_exited() = report;
    Publish(event);
  };
  const auto lost = [this](const LogLoss& loss) {
    FromShim event;
    *event.mutable_log_loss() = loss;
    Publish(event);
  };
  ASSIGN_OR_RETURN(pod_, Pod::Create(io_, reaper_, buffer_, config_, exited, lost));
  WaitForHandshake();
  listener_.Start([this](OwnedHandle connection) { Admit(std::move(connection)); });
  return absl::OkStatus();
}

// A shim whose daemon died before knowing it belongs to nobody.
void Server::WaitForHandshake() {
  std::chrono::milliseconds timeout(config_.handshake_timeout_ms());
  handshake_.expires_after(timeout.count() > 0 ? timeout : kDefaultHandshake);
  handshake_.async_wait([this](boost::system::error_code error) {
    if (!error) BeginShutdown(nullptr, 0);
  });
}

void Server::Admit(OwnedHandle socket) {
  if (connections_.size() >= kMaxConnections) return;
  auto connection = std::make_shared<Connection>(io_, std::move(socket), *this, buffer_);
  connections_.insert(connection);
  connection->Start();
}

void Server::OnRequest(const std::shared_ptr<Connection>& connection, const ToShim& request) {
  RestSoon();
  if (!connection->subscribed() && !request.has_hello()) {
    return connection->Fail(request.id(), absl::FailedPreconditionError("the first message must be Hello"));
  }
  if (request.has_shutdown()) return BeginShutdown(connection, request.id());
  if (request.has_exec()) {
    Status started = RunExec(connection, request);
    if (!started.ok()) connection->Fail(request.id(), started);
    return;
  }
  FromShim reply;
  reply.set_id(request.id());
  Status answered = Answer(connection, request, reply);
  if (!answered.ok()) return connection->Fail(request.id(), answered);
  connection->Send(reply);
}

void Server::RestSoon() {
  rest_.expires_after(kBusyLife);
  rest_.async_wait([](boost::system::error_code error) {
    if (!error) ForgetColdCode();
  });
}

Status Server::Answer(const ConnectionPointer& connection, const ToShim& request, FromShim& reply) {
  switch (request.request_case()) {
    case ToShim::kHello:
      return SayHello(connection, request.hello(), *reply.mutable_hello());
    case ToShim::kStart:
      return StartContainer(request.start(), *reply.mutable_start());
    case ToShim::kStop:
      return pod_->Stop(request.stop());
    case ToShim::kForget:
      return pod_->Forget(request.forget().container_id());
    case ToShim::kReopenLog:
      return pod_->ReopenLog(request.reopen_log().container_id());
    case ToShim::kAttach:
      return AttachClient(connection, request.attach(), *reply.mutable_attach());
    case ToShim::kCancelExec:
      pod_->CancelExec(request.cancel_exec().exec_id());
      return absl::OkStatus();
    default:
      return absl::UnimplementedError("this shim does not know the request; it is of an older version");
  }
}

Status Server::SayHello(const ConnectionPointer& connection, const Hello& hello, HelloReply& reply) {
  if (hello.protocol_version() == 0) return absl::InvalidArgumentError("Hello without a protocol version");
  handshake_.cancel();
  connection->Subscribe();
  reply.set_protocol_version(kProtocolVersion);
  reply.set_pod_id(config_.pod_id());
  reply.set_shim_pid(OwnProcessId());
  for (ContainerReport& report : pod_->Reports()) *reply.add_containers() = std::move(report);
  return absl::OkStatus();
}

Status Server::StartContainer(const jobpod::shim::Start& start, StartReply& reply) {
  ASSIGN_OR_RETURN(ContainerReport report, pod_->Start(start.plan()));
  reply.set_pid(report.pid());
  reply.set_started_at(report.started_at());
  return absl::OkStatus();
}

Status Server::AttachClient(const ConnectionPointer& connection, const shim::Attach& asked, AttachReply& reply) {
  ASSIGN_OR_RETURN(ClientHandles handles, TakeClientHandles(*connection, asked));
  ASSIGN_OR_RETURN(reply, pod_->Attach(asked, std::move(handles)));
  return absl::OkStatus();
}

void Server::OnClosed(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  for (;;) {
    auto own = std::find_if(execs_.begin(), execs_.end(),
                            [&](const auto& exec) { return exec.first == connection.get(); });
    if (own == execs_.end()) return;
    std::string id = own->second;
    execs_.erase(own);
    pod_->CancelExec(id);
  }
}

void Server::BeginShutdown(const ConnectionPointer& connection, uint64_t id) {
  if (shutting_down_) {
    return connection->Fail(id, absl::FailedPreconditionError("the pod is being removed already"));
  }
  shutting_down_ = true;
  pod_->Shutdown([this, connection, id](const Status& outcome) { EndShutdown(connection, id, outcome); });
}

void Server::EndShutdown(const ConnectionPointer& connection, uint64_t id, const Status& outcome) {
  RemoveTraces();
  if (connection != nullptr && outcome.ok()) {
    FromShim reply;
    reply.set_id(id);
    connection->Send(reply);
  } else if (connection != nullptr) {
    connection->Fail(id, Annotate(outcome, "remove the pod's job"));
  }
  io_.stop();
}

// Only a directory that is surely ours: the one our configuration lies in.
void Server::RemoveTraces() {
  if (config_path_ == Concat(config_.state_directory(), "/config")) {
    (void)RemoveTree(config_.state_directory());
  }
}

void Server::Publish(const FromShim& event) {
  auto connections = connections_;  // a connection that fails leaves the set
  for (const auto& connection : connections) {
    if (connection->subscribed()) connection->Send(event);
  }
}

}  // namespace jobpod::shim
