#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/listening_port.hpp"
#include "base/text.hpp"
#include "cri/host_checks.hpp"

namespace jobpod {

HostCheck CheckPort(uint16_t port) {
  using Tcp = boost::asio::ip::tcp;
  const std::string place = Concat("127.0.0.1:", port);
  boost::asio::io_context io;
  Tcp::acceptor probe(io);
  boost::system::error_code error;
  probe.open(Tcp::v4(), error);
  if (!error) TakePortAlone(static_cast<uintptr_t>(probe.native_handle()));
  if (!error) probe.bind({boost::asio::ip::address_v4::loopback(), port}, error);
  if (!error) return {"http port", CheckResult::kOk, place + " is free", ""};
  return {"http port", CheckResult::kWarn, Concat("cannot have ", place, ": ", error.message()),
          "set [http] address to another port, or to \"off\""};
}

}  // namespace jobpod
