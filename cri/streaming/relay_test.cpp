// Two connections and what is between them, with real sockets.
#include "cri/streaming/relay.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "cri/streaming/tcp_duplex.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// Connects the two clients of a relay that runs on a thread of its own.
struct Relayed {
  Relayed() {
    DuplexPointer one = Pair(client), other = Pair(server);
    relay = std::make_shared<Relay>(std::move(one), std::move(other));
    net::post(io, [this] { relay->Start([this] { done = true; }); });
    thread = std::thread([this] { io.run(); });
  }
  ~Relayed() {
    Error ignored;
    client.close(ignored);
    server.close(ignored);
    thread.join();
  }

  // The relay's end of a connection whose other end is `far`.
  DuplexPointer Pair(Tcp::socket& far) {
    Tcp::acceptor acceptor(io, {net::ip::address_v4::loopback(), 0});
    far.connect(acceptor.local_endpoint());
    return MakeTcpDuplex(acceptor.accept());
  }

  std::string Read(Tcp::socket& from, size_t size) {
    std::string text(size, '\0');
    Error error;
    text.resize(net::read(from, net::buffer(text), error));
    return text;
  }

  net::io_context io{1}, far_io;
  Tcp::socket client{far_io}, server{far_io};
  std::shared_ptr<Relay> relay;
  std::atomic<bool> done = false;
  std::thread thread;
};

TEST_CASE("a relay carries both ways, and ends each way behind its last byte") {
  Relayed relayed;
  net::write(relayed.client, net::buffer(std::string(200'000, 'a')));
  relayed.client.shutdown(Tcp::socket::shutdown_send);
  CHECK(relayed.Read(relayed.server, 200'001) == std::string(200'000, 'a'));
  net::write(relayed.server, net::buffer(std::string(200'000, 'b')));
  CHECK_FALSE(relayed.done);
  relayed.server.close();
  CHECK(relayed.Read(relayed.client, 200'001) == std::string(200'000, 'b'));
  relayed.client.close();
  relayed.thread.join();
  CHECK(relayed.done);
  relayed.thread = std::thread([] {});
}

TEST_CASE("a side that breaks takes the other along") {
  Relayed relayed;
  relayed.client.set_option(net::socket_base::linger(true, 0));
  relayed.client.close();  // with a reset
  CHECK(relayed.Read(relayed.server, 1).empty());
  relayed.thread.join();
  CHECK(relayed.done);
  relayed.thread = std::thread([] {});
}

TEST_CASE("a relay that is broken off lets go of both sides and says no more") {
  Relayed relayed;
  net::post(relayed.io, [&] { relayed.relay->Abort(); });
  CHECK(relayed.Read(relayed.client, 1).empty());
  CHECK(relayed.Read(relayed.server, 1).empty());
  relayed.thread.join();
  CHECK_FALSE(relayed.done);
  relayed.thread = std::thread([] {});
}

}  // namespace
}  // namespace jobpod::streaming
