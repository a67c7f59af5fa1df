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
  Error ignored;
  std::shared_ptr<OwnPorts::Entry> entry = ports->Add(socket->local_endpoint(ignored).port());
  auto connected = [socket, entry, port, done = std::move(done)](const Error& error) mutable {
    if (!error) {
      return done(std::make_shared<OwnConnection>(streaming::MakeTcpDuplex(std::move(*socket)), std::move(entry)));
    }
    entry.reset();
    done(absl::UnavailableError(Concat("cannot reach jobpodd's own port ", port, ": ", error.message())));
  };
  entry.reset();  // the handler's from here on
  socket->async_connect({net::ip::address_v4::loopback(), port}, std::move(connected));
}

}  // namespace jobpod
