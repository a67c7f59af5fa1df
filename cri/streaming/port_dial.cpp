#include "cri/streaming/port_dial.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cri/streaming/tcp_duplex.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

constexpr std::chrono::seconds kPatience{10};  // a firewall that drops packets answers never

class Dial : public std::enable_shared_from_this<Dial> {
 public:
  using Done = std::function<void(StatusOr<DuplexPointer>)>;
  Dial(const net::any_io_executor& executor, uint16_t port, Done done)
      : port_(port), done_(std::move(done)), socket_(executor), timer_(executor) {}

  void Start() {
    timer_.expires_after(kPatience);
    timer_.async_wait([weak = weak_from_this()](const Error& error) {
      const auto self = weak.lock();
      if (self && !error) self->GiveUp();
    });
    Try(net::ip::address_v4::loopback());
  }

 private:
  void GiveUp() {
    Error ignored;
    late_ = true;
    socket_.close(ignored);
  }

  void Try(const net::ip::address& address) {
    socket_.async_connect({address, port_}, [self = shared_from_this(), address](const Error& error) {
      self->OnConnected(address, error);
    });
  }

  void OnConnected(const net::ip::address& address, const Error& error) {
    if (!error && !late_) return Finish(MakeTcpDuplex(std::move(socket_)));
    if (!first_error_) first_error_ = late_ ? Error(net::error::timed_out) : error;
    if (address.is_v6() || late_) {
      return Finish(absl::UnavailableError(
          Concat("nothing answers at port ", port_, " of 127.0.0.1 and ::1: ", first_error_.message())));
    }
    socket_ = Tcp::socket(socket_.get_executor());
    Try(net::ip::address_v6::loopback());
  }

  void Finish(StatusOr<DuplexPointer> result) {
    timer_.cancel();
    done_(std::move(result));
  }

  const uint16_t port_;
  const Done done_;
  Tcp::socket socket_;
  net::steady_timer timer_;
  Error first_error_;
  bool late_ = false;
};

}  // namespace

void DialLoopback(const net::any_io_executor& executor, uint16_t port,
                  std::function<void(StatusOr<DuplexPointer>)> done) {
  std::make_shared<Dial>(executor, port, std::move(done))->Start();
}

}  // namespace jobpod::streaming
