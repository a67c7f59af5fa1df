// gRPC has no named pipes: it dials a port of the loopback behind which this process relays to the pipe, for itself
// alone. Whoever else comes to that port is sent away.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <thread>

#include "base/listening_port.hpp"
#include "cri/address.hpp"
#include "cri/connection_owner_windows.hpp"
#include "cri/endpoint_client.hpp"
#include "cri/pipe_dial_windows.hpp"
#include "cri/pipe_duplex_windows.hpp"
#include "cri/streaming/relay.hpp"
#include "cri/streaming/tcp_duplex.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;
using streaming::DuplexPointer;
using streaming::Relay;

constexpr std::chrono::milliseconds kPause{20};  // between attempts at a pipe whose instances are all taken
constexpr int kAttempts = 500;

class PipeClient final : public EndpointClient {
 public:
  explicit PipeClient(std::string path) : path_(std::move(path)) {}
  ~PipeClient() override {
    net::post(io_, [this] { Leave(); });
    if (thread_.joinable()) thread_.join();
  }

  Status Listen() {
    Error error;
    acceptor_.open(Tcp::v4(), error);
    if (!error) TakePortAlone(static_cast<uintptr_t>(acceptor_.native_handle()));
    if (!error) acceptor_.bind({net::ip::address_v4::loopback(), 0}, error);
    if (!error) acceptor_.listen(1, error);
    if (error) return absl::UnavailableError(Concat("cannot have a port of the loopback: ", error.message()));
    port_ = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  std::string grpc_target() const override { return Concat("ipv4:127.0.0.1:", port_); }
  Status Look() const override {
    const Status there = DialPipe(path_).status();
    if (absl::IsNotFound(there)) return absl::NotFoundError("there is no such pipe");
    if (absl::IsPermissionDenied(there)) return there;
    return absl::OkStatus();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](const Error& error, Tcp::socket socket) {
      if (error) return;
      Error gone;
      const uint16_t peer = socket.remote_endpoint(gone).port();
      if (!gone && ConnectsFromThisProcess(peer, port_)) {
        Dial(std::make_shared<Tcp::socket>(std::move(socket)), kAttempts);
      }
      Accept();
    });
  }

  // gRPC is told of a failure by the end of its connection, and tries again when it likes.
  void Dial(const std::shared_ptr<Tcp::socket>& socket, int attempts) {
    StatusOr<Handle> pipe = DialPipe(path_);
    if (pipe.ok()) return Start(*std::move(pipe), std::move(*socket));
    if (!absl::IsUnavailable(pipe.status()) || attempts == 0 || !acceptor_.is_open()) return;
    const auto timer = std::make_shared<net::steady_timer>(io_, kPause);
    timer->async_wait([this, timer, socket, attempts](const Error&) { Dial(socket, attempts - 1); });
  }

  void Start(Handle pipe, Tcp::socket socket) {
    net::windows::stream_handle stream(io_, pipe.Release());
    const auto relay =
        std::make_shared<Relay>(streaming::MakeTcpDuplex(std::move(socket)), MakePipeDuplex(std::move(stream)));
    relays_.insert(relay);
    relay->Start([this, weak = std::weak_ptr(relay)] { relays_.erase(weak.lock()); });
  }

  void Leave() {
    Error ignored;
    acceptor_.close(ignored);
    for (const auto& relay : std::exchange(relays_, {})) relay->Abort();
  }

  const std::string path_;
  net::io_context io_{1};
  Tcp::acceptor acceptor_{io_};
  std::set<std::shared_ptr<Relay>> relays_;
  uint16_t port_ = 0;
  std::thread thread_;
};

class TcpClient final : public EndpointClient {
 public:
  explicit TcpClient(const HostPort& address)
      : target_(address.host.find(':') == std::string::npos ? Concat("dns:", address.host, ":", address.port)
                                                            : Concat("ipv6:[", address.host, "]:", address.port)) {}
  std::string grpc_target() const override { return target_; }
  Status Look() const override { return absl::OkStatus(); }

 private:
  const std::string target_;
};

}  // namespace

StatusOr<std::unique_ptr<EndpointClient>> EndpointClient::Open(const std::string& address) {
  ASSIGN_OR_RETURN(const EndpointAddress parsed, ParseEndpoint(address));
  if (parsed.path.empty()) return std::make_unique<TcpClient>(parsed.tcp);
  auto client = std::make_unique<PipeClient>(parsed.path);
  RETURN_IF_ERROR(client->Listen());
  return client;
}

}  // namespace jobpod
