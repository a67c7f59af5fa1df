#include "cri/daemon.hpp"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <atomic>
#include <chrono>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "cri/address.hpp"
#include "cri/admin_service.hpp"
#include "cri/endpoint.hpp"
#include "cri/http.hpp"
#include "cri/metrics.hpp"
#include "cri/process.hpp"
#include "cri/root_lock.hpp"
#include "cri/watchdog.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kCancelAfter{1};  // calls in flight are cancelled then
constexpr std::chrono::seconds kLeaveAfter{4};   // and waited for no longer than this
constexpr size_t kMemoryQuota = 64u << 20;       // gRPC's own buffers
constexpr std::chrono::seconds kHttpPause{1};    // while another process has the port
constexpr size_t kQueue = 1024;                  // calls waiting for a worker

ImagesConfig ImagesOf(const DaemonConfig& config) {
  return {.root = Below(config.root, "images"),
          .registry_config = config.registry_config,
          .limits = {.max_manifest_bytes = config.max_manifest_bytes,
                     .max_unpacked_bytes = config.max_unpacked_bytes,
                     .max_entries = config.max_entries,
                     .max_layers = config.max_layers,
                     .max_path_bytes = config.max_path_bytes,
                     .max_ratio = config.max_ratio},
          .keep_blobs = config.keep_blobs != 0,
          .timeouts = {.connect = std::chrono::seconds(config.connect_timeout_seconds),
                       .first_byte = std::chrono::seconds(config.first_byte_timeout_seconds),
                       .stall = std::chrono::seconds(config.stall_timeout_seconds)},
          .parallel_layers = config.parallel_layers,
          .proxies = ProxiesFromEnvironment()};
}

// Each root has jobs of its own, because a daemon that starts sweeps the jobs it does not know: a daemon on
// another root must not kill these. The name is "jobpod" for the default root, else it carries the root's
// FNV-1a hash, which does not change from build to build.
std::string JobRootOf(const std::string& root) {
  if (root == DaemonConfig().root) return "jobpod";
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : root) hash = (hash ^ byte) * 0x100000001b3;
  return fmt::format("jobpod-{:016x}", hash);
}

PodManagerConfig PodsOf(const DaemonConfig& config) {
  PodManagerConfig pods;
  pods.job_root = JobRootOf(config.root);
  pods.root = config.root;
  pods.state = config.state;
  pods.bind_root = kHostDefaults.bind_root;
  pods.link_root = config.link_root;
  pods.shim_path = config.shim;
  pods.survivor_grace = std::chrono::seconds(config.survivor_grace_seconds);
  return pods;
}

// Members in the order in which they come to life; destruction is the reverse. Services outlive the
// workers that still run their calls, and end after the server.
class Daemon {
 public:
  Daemon(const DaemonConfig& config, ServiceManager& manager) : config_(config), manager_(manager) {}
  ~Daemon() { Stop(); }

  Status Start();
  void Stop();
  std::string Summary() const;

 private:
  Status OpenRooms();
  Status Serve();
  Status ServeHttp();
  std::string MetricsPage() const;

  const DaemonConfig& config_;
  ServiceManager& manager_;
  std::unique_ptr<RootLock> lock_, state_lock_;
  RpcMetrics metrics_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<PodManager> pods_;
  std::unique_ptr<streaming::Server> streaming_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Service> admin_;
  std::stop_source preload_stop_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> ready_ = false;
  std::unique_ptr<HttpServer> http_;
};

Status Daemon::OpenRooms() {
  RETURN_IF_ERROR(MakeDirectories(config_.state, 0711));
  ASSIGN_OR_RETURN(images_, Images::Open(ImagesOf(config_)));
  ASSIGN_OR_RETURN(pods_, PodManager::Open(PodsOf(config_), *images_));
  workers_ = std::make_unique<Workers>(config_.workers, kQueue, ReleaseUnusedMemory);
  return workers_->Run([this, images_root = Below(config_.root, "images")] {
    ImportPreloaded(*images_, config_.preload, Below(images_root, "preloaded"), preload_stop_.get_token());
  });
}

Status Daemon::Serve() {
  ASSIGN_OR_RETURN(const HostPort streams, ParseLoopback(config_.streaming_address));
  const std::chrono::seconds idle(config_.streaming_idle_timeout_seconds);
  ASSIGN_OR_RETURN(streaming_,
                   streaming::Server::Start({.address = streams, .idle_timeout = idle}, *workers_));
  ASSIGN_OR_RETURN(endpoint_, Endpoint::Prepare(config_.address));
  ServicesConfig services{config_.admit, config_.default_handler, JOBPOD_VERSION, endpoint_->peer_check()};
  services_ = MakeServices(std::move(services), *pods_, *images_, *streaming_, *workers_,
                           metrics_);
  admin_ = MakeAdminService(*images_, *workers_, metrics_, config_.root, endpoint_->peer_check());
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(endpoint_->grpc_address(), grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  grpc::ResourceQuota quota("jobpodd");
  builder.SetResourceQuota(quota.Resize(kMemoryQuota));
  // Clients that ping their idle connections are not sent away.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  for (grpc::Service* service : services_->services()) builder.RegisterService(service);
  builder.RegisterService(admin_.get());
  server_ = builder.BuildAndStart();
  if (!server_)
    return absl::UnavailableError(Concat("cannot listen at ", config_.address, "; see the log above"));
  return endpoint_->Open(port);
}

std::string Daemon::MetricsPage() const {
  MetricsText text;
  metrics_.Write(text);
  WriteState(*pods_, *images_, JOBPOD_VERSION, text);
  return text.text();
}

Status Daemon::ServeHttp() {
  if (config_.http_address == "off") return absl::OkStatus();
  ASSIGN_OR_RETURN(const HostPort address, ParseLoopback(config_.http_address));
  HttpSources sources{.metrics = [this] { return MetricsPage(); },
                      .ready = [this]() -> Status {
                        if (ready_) return absl::OkStatus();
                        return absl::UnavailableError("starting or stopping");
                      }};
  http_ = HttpServer::StartWhenFree(address, std::move(sources), kHttpPause);
  return absl::OkStatus();
}

Status Daemon::Start() {
  ASSIGN_OR_RETURN(lock_, LockRoot(config_.root));
  // Another root with the same state would take the other daemon's shims for litter.
  if (config_.state != config_.root) {
    ASSIGN_OR_RETURN(state_lock_, LockRoot(config_.state));
  }
  RETURN_IF_ERROR(ProtectInput(config_.registry_config));
  RETURN_IF_ERROR(ProtectInput(config_.preload));
  RETURN_IF_ERROR(SetUpLog(config_.log_level, config_.log_file.empty() ? manager_.LogFile(config_.root) : config_.log_file));
  RETURN_IF_ERROR(OpenRooms());
  RETURN_IF_ERROR(Serve());
  RETURN_IF_ERROR(ServeHttp());
  services_->SetReady(true);
  ready_ = true;
  return absl::OkStatus();
}

// Calls may wait for a container's grace; nothing is lost when the daemon does not wait for them.
void Daemon::Stop() {
  const Watchdog watchdog(kLeaveAfter, [this] {
    log::warn("calls are still waiting; leaving them, pods go on");
    manager_.Left();
  });
  ready_ = false;
  if (services_) services_->SetReady(false);
  preload_stop_.request_stop();
  http_.reset();
  if (server_) {
    server_->Shutdown(std::chrono::system_clock::now() + kCancelAfter);
    endpoint_.reset();
  }
  server_.reset();
  if (streaming_) streaming_->Stop();
  workers_.reset();
}

std::string Daemon::Summary() const {
  const std::string http = http_ && http_->port() != 0 ? fmt::format(", http port {}", http_->port()) : "";
  return fmt::format("{}{}, {} pods, {} images", config_.address, http, pods_->ListPods().size(),
                     images_->List().size());
}

}  // namespace

Status RunDaemon(const DaemonConfig& config, ServiceManager& manager) {
  const auto begin = std::chrono::steady_clock::now();
  Daemon daemon(config, manager);
  RETURN_IF_ERROR(daemon.Start());
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  Say(stdout, fmt::format("jobpodd {} is ready after {} ms: {}\n", JOBPOD_VERSION, took.count(), daemon.Summary()));
  manager.Ready();
  ReleaseUnusedMemory();
  manager.WaitForEnd();
  manager.Stopping();
  daemon.Stop();
  return absl::OkStatus();
}

}  // namespace jobpod
