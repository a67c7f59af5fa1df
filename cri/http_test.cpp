#include "cri/http.hpp"

#include <httplib.h>
#include <catch2/catch.hpp>

#include <atomic>

#include "cri/metrics.hpp"

namespace jobpod {
namespace {

std::unique_ptr<HttpServer> StartOn(uint16_t port, const std::atomic<bool>& ready,
                                    const RpcMetrics& metrics) {
  auto server =
      HttpServer::Start({"127.0.0.1", port}, {.metrics =
                                                  [&metrics] {
                                                    MetricsText text;
                                                    metrics.Write(text);
                                                    return text.text();
                                                  },
                                              .ready = [&ready]() -> Status {
                                                if (ready) return absl::OkStatus();
                                                return absl::UnavailableError("still recovering pods");
                                              }});
  return server.ok() ? *std::move(server) : nullptr;
}

TEST_CASE("health, readiness and metrics over a real connection") {
  std::atomic<bool> ready = false;
  RpcMetrics metrics;
  const auto server = StartOn(0, ready, metrics);
  REQUIRE(server);
  httplib::Client client("127.0.0.1", server->port());
  CHECK(client.Get("/healthz")->status == 200);

  const auto starting = client.Get("/readyz");
  CHECK(starting->status == 503);
  CHECK(starting->body == "still recovering pods\n");
  ready = true;
  CHECK(client.Get("/readyz")->status == 200);

  metrics.Finished("RunPodSandbox", 0, std::chrono::milliseconds(3));
  const auto page = client.Get("/metrics");
  CHECK(page->status == 200);
  CHECK(page->get_header_value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(page->body.find("jobpod_rpc_total{method=\"RunPodSandbox\",code=\"OK\"} 1\n") != std::string::npos);
  CHECK(client.Get("/elsewhere")->status == 404);
}

TEST_CASE("a port that is taken is served when it is free") {
  const std::atomic<bool> ready = true;
  const RpcMetrics metrics;
  auto first = StartOn(0, ready, metrics);
  REQUIRE(first);
  const int port = first->port();
  const auto second = HttpServer::StartWhenFree(
      {"127.0.0.1", static_cast<uint16_t>(port)},
      {.metrics = [] { return std::string(); }, .ready = [] { return absl::UnavailableError("the second"); }},
      std::chrono::milliseconds(1));
  CHECK(second->port() == 0);
  first.reset();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (second->port() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  REQUIRE(second->port() == port);
  CHECK(httplib::Client("127.0.0.1", port).Get("/readyz")->body == "the second\n");
}

TEST_CASE("a port that is waited for is given up at the end") {
  const std::atomic<bool> ready = true;
  const RpcMetrics metrics;
  const auto first = StartOn(0, ready, metrics);
  REQUIRE(first);
  const HostPort same{"127.0.0.1", static_cast<uint16_t>(first->port())};
  HttpServer::StartWhenFree(same, {}, std::chrono::hours(1)).reset();
}

TEST_CASE("a port that is taken is an error that names it") {
  const std::atomic<bool> ready = true;
  const RpcMetrics metrics;
  const auto first = StartOn(0, ready, metrics);
  REQUIRE(first);
  const HostPort same{"127.0.0.1", static_cast<uint16_t>(first->port())};
  const auto second = HttpServer::Start(same, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().message().find(std::to_string(first->port())) != absl::string_view::npos);
}

TEST_CASE("a server that ends at once does not hang, and its port is free again") {
  const std::atomic<bool> ready = true;
  const RpcMetrics metrics;
  auto server = StartOn(0, ready, metrics);
  REQUIRE(server);
  const auto port = static_cast<uint16_t>(server->port());
  server.reset();
  CHECK(StartOn(port, ready, metrics));
}

}  // namespace
}  // namespace jobpod
