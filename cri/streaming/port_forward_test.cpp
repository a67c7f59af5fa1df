// Port-forwarding over SPDY and over a WebSocket's tunnel, against the real server and real ports.
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "cri/streaming/test_house.hpp"
#include "cri/streaming/websocket_test_client.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// A server on a port of the loopback; `serve` runs for each connection, one after the other.
class Target {
 public:
  explicit Target(std::function<void(Tcp::socket&)> serve,
                  const net::ip::address& address = net::ip::address_v4::loopback())
      : acceptor_(io_, {address, 0}), serve_(std::move(serve)), thread_([this] { Run(); }) {}
  ~Target() {
    stop_ = true;
    Error ignored;
    Tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Run() {
    for (;;) {
      Tcp::socket socket(io_);
      acceptor_.accept(socket);
      if (stop_) return;
      serve_(socket);
    }
  }

  net::io_context io_;
  Tcp::acceptor acceptor_;
  const std::function<void(Tcp::socket&)> serve_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

void Echo(Tcp::socket& socket) {
  std::string bytes(10'000, '\0');
  Error error;
  while (const size_t size = socket.read_some(net::buffer(bytes), error))
    net::write(socket, net::buffer(bytes, size), error);
}

// The two streams of one forwarded connection.
struct Connection {
  uint32_t error = 0, data = 0;
};
Connection Connect(SpdyTestClient& client, uint16_t port, const std::string& id) {
  const SpdyHeaders headers{{"port", std::to_string(port)}, {"requestid", id}};
  SpdyHeaders error = headers, data = headers;
  error["streamtype"] = "error";
  data["streamtype"] = "data";
  Connection connection;
  connection.error = client.Open(error);
  client.SendData(connection.error, "", true);
  connection.data = client.Open(data);
  return connection;
}

std::unique_ptr<SpdyTestClient> MakeClient(bool tunnel, const std::string& url) {
  if (tunnel) return std::make_unique<TunnelTestClient>(url);
  return std::make_unique<SpdyTestClient>(url, std::vector<std::string>{"portforward.k8s.io"});
}

TEST_CASE("connections go to the port and back, many at a time, whatever carries them") {
  TestHouse house;
  Target target(Echo);
  for (const bool tunnel : {false, true}) {
    const auto client = MakeClient(tunnel, house.Forward());
    CHECK(client->answer.find("101 Switching Protocols") != std::string::npos);
    std::vector<Connection> connections;
    for (int i = 0; i < 20; ++i) connections.push_back(Connect(*client, target.port(), std::to_string(i)));
    for (const Connection& connection : connections) {
      const std::string sent = std::string(50'000, 'x') + std::to_string(connection.data);
      client->SendData(connection.data, sent, true);
      CHECK(client->Until([&] { return client->streams[connection.data].finished; }));
      CHECK(client->streams[connection.data].data == sent);
      CHECK(client->Until([&] { return client->streams[connection.error].finished; }));
      CHECK(client->streams[connection.error].data.empty());
    }
  }
}

TEST_CASE("megabytes pass a tunnel unharmed in both directions at once") {
  TestHouse house;
  Target target(Echo);
  const auto client = MakeClient(true, house.Forward());
  const Connection connection = Connect(*client, target.port(), "1");
  std::string sent;
  for (int i = 0; sent.size() < (4u << 20); ++i) {
    const std::string piece(1 + i * 977 % 60'000, static_cast<char>(i));
    client->SendData(connection.data, piece);
    sent += piece;
    client->Until([&] { return client->streams[connection.data].data.size() + 100'000 >= sent.size(); });
  }
  client->SendData(connection.data, "", true);
  CHECK(client->Until([&] { return client->streams[connection.data].finished; }));
  CHECK(client->streams[connection.data].data == sent);
}

TEST_CASE("a target that closes first has its last words told, and hears the client on") {
  TestHouse house;
  std::atomic<int> heard = 0;
  Target target([&](Tcp::socket& socket) {
    net::write(socket, net::buffer("bye", 3));
    socket.shutdown(Tcp::socket::shutdown_send);
    char word[5];
    Error error;
    heard = static_cast<int>(net::read(socket, net::buffer(word), error));
  });
  const auto client = MakeClient(false, house.Forward());
  const Connection connection = Connect(*client, target.port(), "1");
  CHECK(client->Until([&] { return client->streams[connection.data].finished; }));
  CHECK(client->streams[connection.data].data == "bye");
  client->SendData(connection.data, "hello", true);
  CHECK(client->Until([&] { return client->streams[connection.error].finished; }));
  CHECK(Eventually([&] { return heard == 5; }));
}

TEST_CASE("a port on ::1 alone is found") {
  TestHouse house;
  std::unique_ptr<Target> target;
  try {
    target = std::make_unique<Target>(Echo, net::ip::address_v6::loopback());
  } catch (const std::exception&) {
    WARN("this host has no ::1");
    return;
  }
  const auto client = MakeClient(false, house.Forward());
  const Connection connection = Connect(*client, target->port(), "1");
  client->SendData(connection.data, "six", true);
  CHECK(client->Until([&] { return client->streams[connection.data].finished; }));
  CHECK(client->streams[connection.data].data == "six");
}

TEST_CASE("a port where nobody listens, or that is not admitted, is told on the error stream alone") {
  TestHouse house;
  const uint16_t port = Target(Echo).port();
  Target target(Echo);
  const auto admit = [](uint16_t asked) -> Status {
    return asked == 1 ? absl::FailedPreconditionError("pod web is not ready") : absl::OkStatus();
  };
  for (const bool tunnel : {false, true}) {
    const auto client = MakeClient(tunnel, house.Forward(admit));
    const Connection closed = Connect(*client, port, "1"), refused = Connect(*client, 1, "2"),
                     good = Connect(*client, target.port(), "3");
    for (const Connection& bad : {closed, refused}) {
      CHECK(client->Until([&] { return client->streams[bad.error].finished; }));
      CHECK(client->Until([&] { return client->streams[bad.data].finished; }));
    }
    CHECK(client->streams[closed.error].data.find(
              Concat("error forwarding port ", port, ": nothing answers")) == 0);
    CHECK(client->streams[refused.error].data == "error forwarding port 1: pod web is not ready");
    client->SendData(good.data, "x", true);
    CHECK(client->Until([&] { return client->streams[good.data].finished; }));
    CHECK(client->streams[good.data].data == "x");
  }
}

TEST_CASE("a client that names no request pairs the streams by their ids") {
  TestHouse house;
  Target target(Echo);
  const auto client = MakeClient(false, house.Forward());
  const std::string port = std::to_string(target.port());
  const uint32_t error = client->Open({{"port", port}, {"streamtype", "error"}}),
                 data = client->Open({{"port", port}, {"streamtype", "data"}});
  CHECK(data == error + 2);
  client->SendData(data, "old", true);
  CHECK(client->Until([&] { return client->streams[data].finished; }));
  CHECK(client->streams[data].data == "old");
}

TEST_CASE("streams without their other half, a port or a type are reset, the connection goes on") {
  TestHouse house({.address = {"127.0.0.1", 0}, .stream_timeout = std::chrono::milliseconds(50)});
  Target target(Echo);
  const auto client = MakeClient(false, house.Forward());
  const std::string port = std::to_string(target.port());
  const std::vector<uint32_t> bad = {
      client->Open({{"port", port}, {"requestid", "1"}, {"streamtype", "data"}}),
      client->Open({{"port", port}, {"requestid", "2"}, {"streamtype", "error"}}),
      client->Open({{"port", "0"}, {"requestid", "3"}, {"streamtype", "data"}}),
      client->Open({{"port", "65536"}, {"requestid", "4"}, {"streamtype", "data"}}),
      client->Open({{"requestid", "5"}, {"streamtype", "data"}}),
      client->Open({{"port", port}, {"requestid", "6"}, {"streamtype", "stdin"}}),
      client->Open({}),
      client->Open({{"port", port}, {"requestid", "1"}, {"streamtype", "data"}})};
  for (const uint32_t id : bad) CHECK(client->Until([&] { return client->streams[id].reset; }));
  const Connection good = Connect(*client, target.port(), "7");
  client->SendData(good.data, "x", true);
  CHECK(client->Until([&] { return client->streams[good.data].finished; }));
  CHECK(client->streams[good.data].data == "x");
}

TEST_CASE("a target that sends fast loses nothing behind a slow client") {
  TestHouse house;
  Target target([](Tcp::socket& socket) {
    const std::string bytes(1u << 20, 'x');
    Error error;
    for (int i = 0; i < 32 && !error; ++i) net::write(socket, net::buffer(bytes), error);
  });
  const auto client = MakeClient(true, house.Forward());
  const Connection connection = Connect(*client, target.port(), "1");
  CHECK(client->Until([&] { return client->streams[connection.data].finished; }));
  CHECK(client->streams[connection.data].data.size() == (32u << 20));
}

TEST_CASE("text in a tunnel is refused with 1003, a broken frame in it ends it with GOAWAY and 1000") {
  TestHouse house;
  TunnelTestClient text(house.Forward());
  text.TestClient::Send(WebSocketFrame(WebSocketTestClient::kFin | WebSocketTestClient::kText, "hello"));
  CHECK(text.Until([&] { return text.close_code != -1; }));
  CHECK(text.close_code == 1003);
  TunnelTestClient broken(house.Forward());
  broken.Send(std::string("\x80\x03\x00\x4d\0\0\0\0", 8));
  CHECK(broken.Until([&] { return broken.close_code != -1; }));
  CHECK(broken.go_away == 1);
  CHECK(broken.close_code == 1000);
}

TEST_CASE("a tunnel's client that leaves takes its connections along") {
  TestHouse house;
  std::atomic<int> ended = 0;
  Target target([&](Tcp::socket& socket) {
    Echo(socket);
    ++ended;
  });
  for (const bool tunnel : {false, true}) {
    const auto client = MakeClient(tunnel, house.Forward());
    const Connection connection = Connect(*client, target.port(), "1");
    client->SendData(connection.data, "x");
    CHECK(client->Until([&] { return !client->streams[connection.data].data.empty(); }));
    const int before = ended;
    client->Close();
    CHECK(Eventually([&] { return ended > before; }));
  }
}

}  // namespace
}  // namespace jobpod::streaming
