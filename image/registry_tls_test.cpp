// TLS as registries ask for it, and the waits of a connection that does not come about.
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <list>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "image/digest.hpp"
#include "image/registry_client.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;
using std::chrono::milliseconds;

const BuiltImage& SmallImage() {
  static const BuiltImage image = BuildImage({.layers = {Tar({{.name = "f", .content = "content"}})}});
  return image;
}

FakeAnswer Serve(const FakeRequest& request) {
  return FakeRegistry::Serve(request, SmallImage());
}

Status PullWith(const FakeRegistry& registry, const TemporaryDirectory& files, const std::string& settings) {
  const std::string directory = files / registry.address();
  REQUIRE(MakeDirectories(directory).ok());
  REQUIRE(WriteFileAtomic(directory + "/hosts.toml", "server = \"https://" + registry.address() +
                                                         "\"\nca = \"../ca.pem\"\n" + settings)
              .ok());
  TemporaryDirectory root;
  ImagesConfig config;
  config.root = root.path();
  config.registry_config = files.path();
  config.timeouts.retry_delay = milliseconds(5);
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  return OpenImages(config)->Pull(request, {}).status();
}

TEST_CASE("a registry that asks for a client certificate gets the one of hosts.toml") {
  TemporaryDirectory files;
  const std::string certificate = MakeCertificate(files);
  REQUIRE(Shell("cd " + files.path() +
                " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=client -keyout client.key "
                "-out client.crt 2>/dev/null && cat client.crt client.key > client.pem") == 0);
  FakeRegistry registry(Serve, certificate, files / "client.crt");
  for (const char* form : {"client = \"../client.pem\"\n", "client = [\"../client.pem\"]\n",
                           "client = [[\"../client.crt\", \"../client.key\"]]\n"}) {
    const Status pulled = PullWith(registry, files, form);
    INFO(form << Message(pulled));
    CHECK(pulled.ok());
  }
  const Status none = PullWith(registry, files, "");
  INFO(Message(none));
  CHECK(absl::IsFailedPrecondition(none));
  CHECK(Message(none).find("\"client\" in its hosts.toml") != std::string_view::npos);
  // The server's own certificate is not one that it takes from a client.
  CHECK(absl::IsFailedPrecondition(PullWith(registry, files, "client = \"../both.pem\"\n")));
  const Status missing = PullWith(registry, files, "client = \"../nothing.pem\"\n");
  INFO(Message(missing));
  CHECK(absl::IsFailedPrecondition(missing));
  CHECK(Message(missing).find("nothing.pem") != std::string_view::npos);
}

TEST_CASE("a redirect from https to plain http is refused") {
  TemporaryDirectory files;
  FakeRegistry storage([](const FakeRequest&) { return FakeAnswer{200, {}, SmallImage().layers[0]}; });
  FakeRegistry registry(
      [&](const FakeRequest& request) -> FakeAnswer {
        if (request.path.find("/manifests/") != std::string::npos) return Serve(request);
        return {307, {{"Location", "http://" + storage.address() + "/blob"}}, ""};
      },
      MakeCertificate(files));
  const Status status = PullWith(registry, files, "");
  INFO(Message(status));
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(Message(status).find("from https to plain http") != std::string_view::npos);
  CHECK(storage.requests().empty());
}

TEST_CASE("tokens that are never good enough end the pull") {
  std::string realm;
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token") return {200, {}, R"({"token":"again"})"};
    return {401, {{"WWW-Authenticate", realm}}, R"({"errors":[{"code":"UNAUTHORIZED","message":"not you"}]})"};
  });
  realm = "Bearer realm=\"http://" + registry.address() + "/token\",service=\"me\"";
  TemporaryDirectory root;
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  const Status status = OpenImages(root.path())->Pull(request, {}).status();
  INFO(Message(status));
  CHECK(absl::IsUnauthenticated(status));
  CHECK(Message(status).find("UNAUTHORIZED: not you") != std::string_view::npos);
  CHECK(registry.Count("/token") <= 2);
}

Status AskOnce(const std::string& address, const HttpTimeouts& timeouts,
               std::shared_ptr<NameResolver> names = std::make_shared<NameResolver>()) {
  RegistryHost host;
  host.base = ParseUrl("http://" + address + "/v2").value();
  host.is_server = true;
  const RetryPolicy once{1, milliseconds(1), milliseconds(1), milliseconds(1)};
  RegistryClient client(ParseReference(address + "/app:1").value(), {}, {host}, {timeouts, {}, once, std::move(names)});
  return client.Manifest("1", 1u << 20, {}).status();
}

// Listens and takes nobody in; what comes when its queue is full waits.
class FullHouse {
 public:
  // On any address, or at 127.0.0.2 and a port that is taken elsewhere.
  explicit FullHouse(uint16_t port = 0) {
    place_.sin_family = AF_INET;
    place_.sin_port = htons(port);
    place_.sin_addr.s_addr = htonl(port == 0 ? INADDR_ANY : INADDR_LOOPBACK + 1);
    REQUIRE(::bind(door_.get(), reinterpret_cast<sockaddr*>(&place_), sizeof(place_)) == 0);
    REQUIRE(::listen(door_.get(), 0) == 0);
    socklen_t size = sizeof(place_);
    REQUIRE(::getsockname(door_.get(), reinterpret_cast<sockaddr*>(&place_), &size) == 0);
    for (int i = 0; i < 4; ++i) {
      Fd& guest = guests_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(guest.get(), reinterpret_cast<sockaddr*>(&place_), sizeof(place_));
    }
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(place_.sin_port)); }

 private:
  Fd door_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in place_{};
  std::list<Fd> guests_;
};

TEST_CASE("a registry that does not let anybody in is given up after the connect time-out") {
  FullHouse house;
  const Status status = AskOnce(house.address(), {milliseconds(200), milliseconds(60'000), milliseconds(60'000)});
  INFO(Message(status));
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).starts_with("RegistryUnavailable"));
  CHECK(Message(status).find("connect to " + house.address() + ": no answer in time") != std::string_view::npos);
}

TEST_CASE("a registry whose first address is dead is reached at the next one") {
  FakeRegistry registry(Serve);
  FullHouse dead(registry.port());
  const auto names = std::make_shared<NameResolver>(
      [](const std::string&) { return StatusOr<std::vector<std::string>>({"127.0.0.2", "127.0.0.1"}); });
  const std::string address = "registry.example:" + std::to_string(registry.port());
  const Status status = AskOnce(address, {milliseconds(600), milliseconds(60'000), milliseconds(60'000)}, names);
  INFO(Message(status));
  CHECK(status.ok());
}

TEST_CASE("a name server that is silent is given up after the connect time-out") {
  std::promise<void> over;
  const auto silence = over.get_future().share();
  const auto names = std::make_shared<NameResolver>([&](const std::string&) {
    silence.wait();
    return StatusOr<std::vector<std::string>>(absl::UnavailableError("no such host"));
  });
  const Status status =
      AskOnce("registry.example", {milliseconds(50), milliseconds(60'000), milliseconds(60'000)}, names);
  over.set_value();
  INFO(Message(status));
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).find("look up registry.example: no answer in time") != std::string_view::npos);
}

TEST_CASE("a registry that does not begin to answer is given up after the first-byte time-out") {
  std::mutex mutex;
  std::condition_variable wake;
  bool over = false;
  FakeRegistry registry([&](const FakeRequest& request) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return over; });
    return Serve(request);
  });
  const Status status = AskOnce(registry.address(), {milliseconds(60'000), milliseconds(200), milliseconds(60'000)});
  {
    const std::lock_guard lock(mutex);
    over = true;
    wake.notify_all();
  }
  INFO(Message(status));
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).starts_with("RegistryUnavailable"));
  CHECK(Message(status).find("ask " + registry.address() + ": no answer in time") != std::string_view::npos);
}

}  // namespace
}  // namespace jobpod
