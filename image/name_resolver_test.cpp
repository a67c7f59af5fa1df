#include "image/name_resolver.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

namespace jobpod {
namespace {

using std::chrono::milliseconds;
using Addresses = std::vector<std::string>;

// Answers nothing before it is let go.
struct SilentServer {
  StatusOr<Addresses> Answer(const std::string& host) {
    ++asked[host];
    gate.wait();
    return Addresses{"192.0.2.1", "192.0.2.2"};
  }
  std::promise<void> open;
  std::shared_future<void> gate = open.get_future().share();
  std::map<std::string, int> asked;
};

TEST_CASE("a look-up without an answer ends in time or when it is stopped, and is shared") {
  SilentServer server;
  NameResolver names([&](const std::string& host) { return server.Answer(host); });
  const Status late = names.Resolve("registry.example", milliseconds(20), {}).status();
  CHECK(absl::IsUnavailable(late));
  CHECK(Message(late) == "no answer in time");
  std::stop_source stop;
  stop.request_stop();
  CHECK(absl::IsCancelled(names.Resolve("registry.example", milliseconds(60'000), stop.get_token()).status()));
  auto patient = std::async(std::launch::async, [&] { return names.Resolve("registry.example", milliseconds(60'000), {}); });
  server.open.set_value();
  CHECK(patient.get().value() == Addresses{"192.0.2.1", "192.0.2.2"});
  CHECK(names.Resolve("registry.example", milliseconds(60'000), {}).ok());
}

TEST_CASE("look-ups that hang are few, however many names are asked for") {
  SilentServer server;
  std::atomic<int> running = 0;
  {
    NameResolver names([&](const std::string&) {
      ++running;
      server.gate.wait();
      return StatusOr<Addresses>(Addresses());
    });
    for (int i = 0; i < 100; ++i)
      CHECK(absl::IsUnavailable(names.Resolve(Concat("host", i), milliseconds(1), {}).status()));
    server.open.set_value();
  }
  CHECK(running <= 8);
}

TEST_CASE("an address is not looked up") {
  NameResolver names([](const std::string&) { return StatusOr<Addresses>(absl::InternalError("asked")); });
  for (const std::string address : {"192.0.2.1", "::1", "fe80::1"})
    CHECK(names.Resolve(address, milliseconds(1), {}).value() == Addresses{address});
}

}  // namespace
}  // namespace jobpod
