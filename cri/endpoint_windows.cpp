// gRPC has no named pipes: clients of ours are relayed to a port of the loopback, and whoever comes to that port by
// himself is refused (OwnPorts).
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <thread>

#include "base/log.hpp"
#include "cri/address.hpp"
#include "cri/endpoint.hpp"
#include "cri/own_connection.hpp"
#include "cri/pipe_duplex_windows.hpp"
#include "cri/pipe_listener_windows.hpp"
#include "cri/streaming/relay.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using streaming::DuplexPointer;
using streaming::Relay;

constexpr size_t kPending = 8;    // instances that wait for a client: one that finds none must try again
constexpr size_t kClients = 128;  // connected at a time; the next wait (ERROR_PIPE_BUSY)
constexpr std::chrono::milliseconds kPause{200};  // after an error of the system
constexpr std::chrono::seconds kFarewell{1};      // for answers on their way when the daemon stops

class PipeEndpoint final : public Endpoint {
 public:
  Status Claim(const std::string& path) {
    ASSIGN_OR_RETURN(listener_, PipeListener::Open(io_, path));
    return absl::OkStatus();
  }
  ~PipeEndpoint() override {
    net::post(io_, [this] { Leave(); });
    if (thread_.joinable()) thread_.join();
  }

  std::string grpc_address() const override { return "127.0.0.1:0"; }
  PeerCheck peer_check() const override {
    return [ports = ports_](const std::string& peer) { return ports->Has(peer); };
  }
  Status Open(int port) override {
    port_ = static_cast<uint16_t>(port);
    for (size_t i = 0; i < kPending; ++i) Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

 private:
  void Accept() {
    ++accepting_;
    listener_->Accept([this](StatusOr<PipeListener::Pipe> pipe) {
      --accepting_;
      if (absl::IsCancelled(pipe.status())) return;
      if (!pipe.ok()) return AcceptLater(pipe.status());
      Connect(MakePipeDuplex(*std::move(pipe)));
      AcceptMore();
    });
  }

  void AcceptMore() {
    while (!leaving_ && accepting_ < kPending && accepting_ + clients_ < kClients) Accept();
  }

  void AcceptLater(const Status& why) {
    log::warn("endpoint: {}", Message(why));
    pause_.expires_after(kPause);
    pause_.async_wait([this](const Error& cancelled) {
      if (!cancelled) AcceptMore();
    });
  }

  void Connect(const DuplexPointer& client) {
    ++clients_;
    DialOwnPort(io_.get_executor(), ports_, port_, [this, client](StatusOr<DuplexPointer> server) {
      if (server.ok() && !leaving_) return Start(client, *std::move(server));
      if (!server.ok()) log::warn("endpoint: {}", Message(server.status()));
      client->Abort();
      Ended();
    });
  }

  void Start(const DuplexPointer& client, DuplexPointer server) {
    const auto relay = std::make_shared<Relay>(client, std::move(server));
    relays_.insert(relay);
    relay->Start([this, weak = std::weak_ptr(relay)] {
      relays_.erase(weak.lock());
      Ended();
    });
  }

  void Ended() {
    --clients_;
    if (leaving_ && clients_ == 0) farewell_.cancel();
    AcceptMore();
  }

  // gRPC has closed its connections; the last bytes may still be on their way to the clients.
  void Leave() {
    leaving_ = true;
    listener_->Close();
    pause_.cancel();
    farewell_.expires_after(clients_ == 0 ? std::chrono::seconds(0) : kFarewell);
    farewell_.async_wait([this](const Error&) {
      for (const auto& relay : std::exchange(relays_, {})) relay->Abort();
      work_.reset();
    });
  }

  const std::shared_ptr<OwnPorts> ports_ = std::make_shared<OwnPorts>();
  net::io_context io_{1};
  net::executor_work_guard<net::io_context::executor_type> work_ = net::make_work_guard(io_);
  std::unique_ptr<PipeListener> listener_;
  net::steady_timer pause_{io_}, farewell_{io_};
  std::set<std::shared_ptr<Relay>> relays_;
  size_t accepting_ = 0, clients_ = 0;
  bool leaving_ = false;
  uint16_t port_ = 0;
  std::thread thread_;
};

class TcpEndpoint final : public Endpoint {
 public:
  explicit TcpEndpoint(const HostPort& address)
      : address_(address.host.find(':') == std::string::npos ? Concat(address.host, ":", address.port)
                                                             : Concat("[", address.host, "]:", address.port)) {}
  std::string grpc_address() const override { return address_; }
  PeerCheck peer_check() const override { return nullptr; }
  Status Open(int port) override {
    log::warn("the endpoint is port {} of the loopback, where every user of this machine can run anything as SYSTEM; "
              "a pipe (npipe:////./pipe/jobpod) is for administrators only",
              port);
    return absl::OkStatus();
  }

 private:
  const std::string address_;
};

}  // namespace

StatusOr<std::unique_ptr<Endpoint>> Endpoint::Prepare(const std::string& address) {
  ASSIGN_OR_RETURN(const EndpointAddress parsed, ParseEndpoint(address));
  if (parsed.path.empty()) return std::make_unique<TcpEndpoint>(parsed.tcp);
  auto endpoint = std::make_unique<PipeEndpoint>();
  RETURN_IF_ERROR(endpoint->Claim(parsed.path));
  return endpoint;
}

}  // namespace jobpod
