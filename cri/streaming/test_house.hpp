// A real streaming server on a real port, with processes that are imagined behind real pipes.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "cri/streaming/server.hpp"
#include "cri/streaming/test_client.hpp"
#include "test/fakes/fake_stdio_session.hpp"

namespace jobpod::streaming {

struct TestHouse {
  explicit TestHouse(const ServerConfig& config = {.address = {"127.0.0.1", 0}})
      : server(std::move(Server::Start(config, *workers)).value()) {}
  ~TestHouse() {
    server->Stop();
    workers.reset();
  }

  // The URL of a command that FakeStdioSession knows.
  std::string Exec(const std::vector<std::string>& command, const StdioRequest& stdio,
                   Kind kind = Kind::kExec) {
    auto open = [this, command](const StdioRequest& request, boost::asio::any_io_executor executor,
                                StdioEnd end) {
      return MakeFakeStdioSession(command, request, executor, std::move(end), traces);
    };
    return server->Offer({.kind = kind, .stdio = stdio, .open = open}).value();
  }

  // The URL of port-forwarding to the ports that `admit` lets through.
  std::string Forward(std::function<Status(uint16_t)> admit = {}) {
    return server->Offer({.kind = Kind::kPortForward, .admit_port = std::move(admit)}).value();
  }

  FakeSessionTraces traces;
  std::unique_ptr<Workers> workers = std::make_unique<Workers>(8, 64);
  std::unique_ptr<Server> server;
};

inline const std::vector<std::string> kNewest = {"v5.channel.k8s.io", "v4.channel.k8s.io"};
inline constexpr StdioRequest kOutputs{false, true, true, false};
inline constexpr StdioRequest kInputAndOutput{true, true, false, false};

// Polls with a bound; tests fail at it, they never pass by it.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace jobpod::streaming
