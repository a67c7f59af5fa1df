#include "cri/http.hpp"

#include <httplib.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <semaphore>
#include <thread>

#include "base/listening_port.hpp"
#include "base/log.hpp"

namespace jobpod {
namespace {

constexpr size_t kThreads = 2;  // one scraper and one prober at a time
constexpr ptrdiff_t kConnections = 32;
constexpr size_t kMaxBody = 4096;

// Any local user may connect. Beyond the bound connections wait in the kernel's queue, which has one of its own.
class BoundedPool : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    free_.acquire();
    pool_.enqueue([this, task = std::move(task)] {
      task();
      free_.release();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::counting_semaphore<kConnections> free_{kConnections};
  httplib::ThreadPool pool_{kThreads};
};

class Server : public HttpServer {
 public:
  explicit Server(HttpSources sources) : sources_(std::move(sources)) {
    server_.new_task_queue = [] { return new BoundedPool; };
    server_.set_payload_max_length(kMaxBody);
    server_.set_keep_alive_max_count(1);
    server_.set_read_timeout(1);  // they are on this host
    server_.set_write_timeout(5);
    // The library's default, SO_REUSEPORT, would let two daemons share one port in silence.
    server_.set_socket_options([](socket_t socket) { TakePortAlone(static_cast<uintptr_t>(socket)); });
    AddRoutes();
  }

  ~Server() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status Listen(const HostPort& address) {
    const bool any = address.port == 0;
    port_ = any ? server_.bind_to_any_port(address.host) : address.port;
    if (any ? port_ < 0 : !server_.bind_to_port(address.host, port_)) {
      return absl::UnavailableError(
          Concat("cannot serve HTTP at ", address.host, ":", address.port,
                 ": the port is taken or not permitted; set [http] address to another "
                 "port, or to \"off\""));
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() before the loop runs would be lost.
    while (!server_.is_running()) std::this_thread::yield();
    return absl::OkStatus();
  }

  int port() const override { return port_; }

 private:
  void AddRoutes() {
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(sources_.metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
    server_.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok\n", "text/plain");
    });
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      const Status ready = sources_.ready();
      response.status = ready.ok() ? 200 : 503;
      response.set_content(ready.ok() ? "ok\n" : Concat(ready.message(), "\n"), "text/plain");
    });
  }

  HttpSources sources_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
};

class WaitingServer : public HttpServer {
 public:
  WaitingServer(HostPort address, HttpSources sources, std::chrono::milliseconds pause)
      : address_(std::move(address)), sources_(std::move(sources)), pause_(pause) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

  int port() const override {
    const std::lock_guard lock(mutex_);
    return server_ ? server_->port() : 0;
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!server_) {
      wake_.wait_for(lock, stop, pause_, [] { return false; });
      if (stop.stop_requested()) return;
      auto server = HttpServer::Start(address_, sources_);
      if (server.ok()) server_ = *std::move(server);
    }
    log::info("serving HTTP at {}:{} now", address_.host, address_.port);
  }

  const HostPort address_;
  const HttpSources sources_;
  const std::chrono::milliseconds pause_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<HttpServer> HttpServer::StartWhenFree(const HostPort& address, HttpSources sources,
                                                      std::chrono::milliseconds pause) {
  StatusOr<std::unique_ptr<HttpServer>> server = Start(address, sources);
  if (server.ok()) return *std::move(server);
  log::warn("{}; trying again until it is free", Message(server.status()));
  return std::make_unique<WaitingServer>(address, std::move(sources), pause);
}

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HostPort& address, HttpSources sources) {
  auto server = std::make_unique<Server>(std::move(sources));
  RETURN_IF_ERROR(server->Listen(address));
  return server;
}

}  // namespace jobpod
