#include "cri/http.hpp"

#include <httplib.h>

#include <functional>
#include <semaphore>
#include <thread>

#include "base/listening_port.hpp"

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

}  // namespace

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HostPort& address, HttpSources sources) {
  auto server = std::make_unique<Server>(std::move(sources));
  RETURN_IF_ERROR(server->Listen(address));
  return server;
}

}  // namespace jobpod
