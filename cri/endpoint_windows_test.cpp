// The relay from a pipe to a port, with real pipes and a port that echoes.
#include "cri/endpoint.hpp"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <list>
#include <thread>

#include "base/handle_windows.hpp"
#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "cri/pipe_dial_windows.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// Stands for gRPC: a port that sends back what comes, on a thread for each connection, and remembers from where.
class Echo {
 public:
  explicit Echo(size_t limit = SIZE_MAX) : limit_(limit), thread_([this] { Run(); }) {}
  ~Echo() {
    stop_ = true;
    Error ignored;
    Tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    for (std::thread& one : connections_) one.join();
  }
  int port() const { return acceptor_.local_endpoint().port(); }
  std::string last_peer() const { return Concat("ipv4:127.0.0.1:", last_peer_.load()); }
  size_t received() const { return received_; }

 private:
  void Run() {
    for (;;) {
      auto socket = std::make_shared<Tcp::socket>(io_);
      acceptor_.accept(*socket);
      if (stop_) return;
      last_peer_ = socket->remote_endpoint().port();
      connections_.emplace_back([this, socket] { Serve(*socket); });
    }
  }
  // Closes after `limit_` bytes, or when the client has.
  void Serve(Tcp::socket& socket) {
    std::string bytes(10'000, '\0');
    Error error;
    for (size_t total = 0; total < limit_;) {
      const size_t size = socket.read_some(net::buffer(bytes), error);
      if (error) return;
      received_ += size;
      total += size;
      net::write(socket, net::buffer(bytes, size), error);
    }
  }

  const size_t limit_;
  net::io_context io_;
  Tcp::acceptor acceptor_{io_, {net::ip::address_v4::loopback(), 0}};
  std::atomic<bool> stop_ = false;
  std::atomic<uint16_t> last_peer_ = 0;
  std::atomic<size_t> received_ = 0;
  std::list<std::thread> connections_;
  std::thread thread_;
};

// The client's end, with calls that wait; one reads while another writes.
class Client {
 public:
  explicit Client(const std::string& path) {
    for (int attempt = 0; attempt < 1000 && !pipe_; ++attempt) {
      StatusOr<Handle> pipe = DialPipe(path);
      if (pipe.ok()) pipe_ = *std::move(pipe);
      if (!absl::IsUnavailable(pipe.status())) break;
      WaitNamedPipeW(Wide(path).c_str(), 100);
    }
    REQUIRE(pipe_);
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      OVERLAPPED state{};
      state.hEvent = written_.get();
      const DWORD size = Done(::WriteFile(pipe_.get(), bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &state), state);
      if (size == 0) return false;
      bytes.remove_prefix(size);
    }
    return true;
  }

  // Up to `size` bytes; fewer at the end.
  std::string Read(size_t size) {
    std::string text;
    std::string piece(4096, '\0');
    while (text.size() < size) {
      OVERLAPPED state{};
      state.hEvent = read_.get();
      const auto most = static_cast<DWORD>(std::min(piece.size(), size - text.size()));
      const DWORD got = Done(::ReadFile(pipe_.get(), piece.data(), most, nullptr, &state), state);
      if (got == 0) break;
      text.append(piece, 0, got);
    }
    return text;
  }

  HANDLE get() const { return pipe_.get(); }

 private:
  DWORD Done(BOOL now, OVERLAPPED& state) {
    DWORD size = 0;
    if (!now && GetLastError() != ERROR_IO_PENDING) return 0;
    return GetOverlappedResult(pipe_.get(), &state, &size, TRUE) ? size : 0;
  }
  Handle pipe_;
  const Handle read_{CreateEventW(nullptr, TRUE, FALSE, nullptr)};  // each direction may be under way
  const Handle written_{CreateEventW(nullptr, TRUE, FALSE, nullptr)};
};

struct Place {
  const std::string name = "jobpod-test-" + NewId().substr(0, 12);
  const std::string address = "npipe:////./pipe/" + name, path = "\\\\.\\pipe\\" + name;
};

std::unique_ptr<Endpoint> Open(const Place& place, int port) {
  auto endpoint = Endpoint::Prepare(place.address);
  REQUIRE(endpoint.ok());
  CHECK((*endpoint)->grpc_address() == "127.0.0.1:0");
  REQUIRE((*endpoint)->Open(port).ok());
  return *std::move(endpoint);
}

TEST_CASE("what goes into the pipe reaches the port, and the answer comes back") {
  const Place place;
  const Echo echo;
  const auto endpoint = Open(place, echo.port());
  Client client(place.path);
  REQUIRE(client.Write("hello"));
  CHECK(client.Read(5) == "hello");
}

TEST_CASE("only relayed connections are among the endpoint's own") {
  const Place place;
  const Echo echo;
  const auto endpoint = Open(place, echo.port());
  const PeerCheck ours = endpoint->peer_check();
  std::string relayed;
  {
    Client client(place.path);
    REQUIRE(client.Write("x"));
    REQUIRE(client.Read(1) == "x");
    relayed = echo.last_peer();
    CHECK(ours(relayed));
  }
  net::io_context io;
  Tcp::socket foreign(io);
  foreign.connect({net::ip::address_v4::loopback(), static_cast<uint16_t>(echo.port())});
  CHECK_FALSE(ours(Concat("ipv4:127.0.0.1:", foreign.local_endpoint().port())));
  for (int wait = 0; wait < 1000 && ours(relayed); ++wait) Sleep(10);
  CHECK_FALSE(ours(relayed));  // its client has gone
}

TEST_CASE("a server that closes does so behind its last byte") {
  const Place place;
  const size_t size = 300'000;
  const Echo echo(size);
  const auto endpoint = Open(place, echo.port());
  Client client(place.path);
  std::thread writer([&] { client.Write(std::string(size, 'x')); });
  CHECK(client.Read(size + 1).size() == size);
  writer.join();
}

TEST_CASE("many clients at once each have their own connection") {
  const Place place;
  const Echo echo;
  const auto endpoint = Open(place, echo.port());
  std::atomic<int> right = 0;
  std::list<std::thread> clients;
  for (int number = 0; number < 40; ++number) {
    clients.emplace_back([&, number] {
      Client client(place.path);
      const std::string text = std::string(20'000, static_cast<char>('a' + number % 26)) + std::to_string(number);
      std::thread writer([&] { client.Write(text); });
      right += client.Read(text.size()) == text;
      writer.join();
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(right == 40);
}

TEST_CASE("a client that does not read holds its server up, and takes no memory") {
  const Place place;
  const Echo echo;
  const auto endpoint = Open(place, echo.port());
  Client client(place.path);
  const std::string much(16u << 20, 'x');
  std::atomic<bool> written = false;
  std::thread writer([&] { written = client.Write(much); });
  size_t before = 1;
  while (echo.received() != before || before == 0) {  // until nothing moves any more
    before = echo.received();
    Sleep(300);
  }
  CHECK(echo.received() < much.size());
  CHECK_FALSE(written);
  CHECK(client.Read(much.size()).size() == much.size());
  writer.join();
  CHECK(written);
}

TEST_CASE("an endpoint's pipe has one owner") {
  const Place place;
  auto first = Endpoint::Prepare(place.address);
  REQUIRE(first.ok());
  const auto second = Endpoint::Prepare(place.address);
  CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(Message(second.status())), Catch::Contains("already has the pipe"));
  first->reset();
  CHECK(Endpoint::Prepare(place.address).ok());
}

TEST_CASE("the pipe is for SYSTEM and administrators") {
  const Place place;
  const Echo echo;
  const auto endpoint = Open(place, echo.port());
  Client client(place.path);
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  PACL list = nullptr;
  REQUIRE(GetSecurityInfo(client.get(), SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, &list, nullptr,
                          &descriptor) == ERROR_SUCCESS);
  const ScopeExit free([&] { LocalFree(descriptor); });
  LPWSTR text = nullptr;
  REQUIRE(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                               &text, nullptr));
  const std::string rights = Utf8(text);
  LocalFree(text);
  INFO(rights);
  CHECK(list->AceCount == 2);
  CHECK_THAT(rights, Catch::Contains(";;;SY)") && Catch::Contains(";;;BA)"));
}

TEST_CASE("an endpoint that ends lets its clients go") {
  const Place place;
  const Echo echo;
  auto endpoint = Open(place, echo.port());
  Client client(place.path);
  REQUIRE(client.Write("x"));
  REQUIRE(client.Read(1) == "x");
  endpoint.reset();
  CHECK(client.Read(1).empty());
  CHECK(absl::IsNotFound(DialPipe(place.path).status()));
}

TEST_CASE("a port as endpoint is gRPC's own") {
  const auto endpoint = Endpoint::Prepare("tcp://127.0.0.1:2376");
  REQUIRE(endpoint.ok());
  CHECK((*endpoint)->grpc_address() == "127.0.0.1:2376");
  CHECK_FALSE((*endpoint)->peer_check());
}

}  // namespace
}  // namespace jobpod
