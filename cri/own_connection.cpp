#include "cri/own_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "base/listening_port.hpp"
#include "cri/streaming/tcp_duplex.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;
using streaming::Duplex;
using streaming::DuplexPointer;

class OwnConnection final : public Duplex {
 public:
  OwnConnection(DuplexPointer connection, std::shared_ptr<OwnPorts::Entry> entry)
      : connection_(std::move(connection)), entry_(std::move(entry)) {}
  ~OwnConnection() override { OwnConnection::Abort(); }

  void Read(net::mutable_buffer buffer, Handler handler) override { connection_->Read(buffer, std::move(handler)); }
  void Write(net::const_buffer buffer, Handler handler) override { connection_->Write(buffer, std::move(handler)); }
  void Close() override { connection_->Close(); }
  void Abort() override {
    entry_.reset();
    connection_->Abort();
  }

 private:
  const DuplexPointer connection_;
  std::shared_ptr<OwnPorts::Entry> entry_;
};

// A socket at a port of its own, which nobody else can have at the same time.
StatusOr<Tcp::socket> Bound(const net::any_io_executor& executor) {
  Tcp::socket socket(executor);
  Error error;
  socket.open(Tcp::v4(), error);
  if (!error) TakePortAlone(static_cast<uintptr_t>(socket.native_handle()));
  if (!error) socket.bind({net::ip::address_v4::loopback(), 0}, error);
  if (!error) return socket;
  return absl::UnavailableError(Concat("cannot have a port of the loopback: ", error.message()));
}

}  // namespace

void DialOwnPort(const net::any_io_executor& executor, std::shared_ptr<OwnPorts> ports, uint16_t port,
                 std::function<void(StatusOr<DuplexPointer>)> done) {
  StatusOr<Tcp::socket> bound = Bound(executor);
  if (!bound.ok()) return net::post(executor, [done, why = bound.status()] { done(why); });
  const auto socket = std::make_shared<Tcp::socket>(*std::move(bound));
  // Not listed before it is ours: until then the port may be somebody's whose socket has the same number at another
  // address (0.0.0.0), and gRPC would answer him.
  auto connected = [socket, ports = std::move(ports), port, done = std::move(done)](Error error) {
    const uint16_t own = error ? 0 : socket->local_endpoint(error).port();
    if (error) return done(absl::UnavailableError(Concat("cannot reach jobpodd's own port ", port, ": ", error.message())));
    std::shared_ptr<OwnPorts::Entry> entry = ports->Add(own);
    done(std::make_shared<OwnConnection>(streaming::MakeTcpDuplex(std::move(*socket)), std::move(entry)));
  };
  socket->async_connect({net::ip::address_v4::loopback(), port}, std::move(connected));
}

}  // namespace jobpod
