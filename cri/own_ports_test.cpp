#include "cri/own_ports.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>

#include "cri/own_connection.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Tcp = net::ip::tcp;

std::string Peer(const Tcp::endpoint& endpoint) {
  return "ipv4:" + endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

TEST_CASE("a port is ours while its entry lives, and nothing that only looks like it is") {
  const auto ports = std::make_shared<OwnPorts>();
  auto entry = ports->Add(50123);
  const auto other = ports->Add(5012);
  CHECK(ports->Has("ipv4:127.0.0.1:50123"));
  CHECK(ports->Has("ipv4:127.0.0.1:5012"));
  for (const char* foreign :
       {"", "ipv4:127.0.0.1:50124", "ipv4:127.0.0.1:501", "ipv4:127.0.0.1:", "ipv4:127.0.0.1:50123x",
        "ipv4:127.0.0.2:50123", "ipv6:[::1]:50123", "ipv4:127.0.0.1:115659", "unix:/run/j.sock", "50123"}) {
    INFO(foreign);
    CHECK_FALSE(ports->Has(foreign));
  }
  entry.reset();
  CHECK_FALSE(ports->Has("ipv4:127.0.0.1:50123"));
  CHECK(ports->Has("ipv4:127.0.0.1:5012"));
}

TEST_CASE("a port is a stranger's until the connection from it is known to be ours") {
  net::io_context listening, dialling;
  Tcp::acceptor acceptor(listening, {net::ip::address_v4::loopback(), 0});
  const auto ports = std::make_shared<OwnPorts>();
  streaming::DuplexPointer connection;
  DialOwnPort(dialling.get_executor(), ports, acceptor.local_endpoint().port(),
              [&](auto made) { connection = *std::move(made); });
  Tcp::endpoint from;
  Tcp::socket accepted = acceptor.accept(from);  // connected by the kernel; the dialler has not heard of it
  CHECK_FALSE(ports->Has(Peer(from)));
  dialling.run();
  REQUIRE(connection);
  CHECK(ports->Has(Peer(from)));
  connection->Abort();
  CHECK_FALSE(ports->Has(Peer(from)));
}

TEST_CASE("a port that is not reached is told, and never was ours") {
  net::io_context io;
  Tcp::acceptor closed(io, {net::ip::address_v4::loopback(), 0});
  const uint16_t nobody = closed.local_endpoint().port();
  closed.close();
  Status status;
  DialOwnPort(io.get_executor(), std::make_shared<OwnPorts>(), nobody, [&](auto made) { status = made.status(); });
  io.run();
  CHECK(absl::IsUnavailable(status));
}

}  // namespace
}  // namespace jobpod
