// The ways to a registry: mirrors that fail, proxies, tokens that expire, waits that are asked for.
#include <atomic>
#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;
using std::chrono::milliseconds;

const BuiltImage& BigImage() {
  static const BuiltImage image = BuildImage({.layers = {Tar({{.name = "f", .content = std::string(300'000, 'x')}})},
                                              .compress = [](const std::string& tar) { return tar; }});
  return image;
}

bool IsLayer(const FakeRequest& request) {
  return request.path.ends_with(DigestOf(BigImage().layers[0]));
}

FakeAnswer Serve(const FakeRequest& request) {
  FakeAnswer answer = FakeRegistry::Serve(request, BigImage());
  if (request.range.empty() || answer.status != 200) return answer;
  const size_t from = std::stoul(request.range.substr(6)), size = answer.body.size();
  answer.status = 206;
  answer.headers["Content-Range"] =
      "bytes " + std::to_string(from) + "-" + std::to_string(size - 1) + "/" + std::to_string(size);
  answer.body = answer.body.substr(from);
  return answer;
}

ImagesConfig Config(const TemporaryDirectory& root) {
  ImagesConfig config;
  config.root = root.path();
  config.timeouts.retry_delay = milliseconds(5);
  return config;
}

PullRequest RequestFor(const std::string& address) {
  PullRequest request;
  request.reference = address + "/app:1";
  return request;
}

void WriteHosts(const TemporaryDirectory& config, const std::string& host, const std::string& text) {
  REQUIRE(MakeDirectories(config / host).ok());
  REQUIRE(WriteFileAtomic(config / (host + "/hosts.toml"), text).ok());
}

TEST_CASE("a blob that breaks off at a mirror goes on at the registry") {
  std::string range;
  FakeRegistry mirror([](const FakeRequest& request) {
    FakeAnswer answer = Serve(request);
    if (!IsLayer(request)) return answer;
    if (!request.range.empty()) return FakeAnswer{503, {}, ""};
    answer.cut = 100'000;
    return answer;
  });
  FakeRegistry server([&](const FakeRequest& request) {
    if (IsLayer(request)) range = request.range;
    return Serve(request);
  });
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, server.address(), "[host.\"http://" + mirror.address() + "\"]\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  const auto id = OpenImages(config)->Pull(RequestFor(server.address()), {});
  INFO(Message(id.status()));
  REQUIRE(id.ok());
  CHECK(range == "bytes=100000-");
  CHECK(mirror.Count(DigestOf(BigImage().layers[0])) == 2);
}

TEST_CASE("a mirror that breaks off but goes on is asked for the rest") {
  FakeRegistry mirror([](const FakeRequest& request) {
    FakeAnswer answer = Serve(request);
    if (IsLayer(request) && answer.body.size() > 50'000) answer.cut = 50'000;
    return answer;
  });
  FakeRegistry server(Serve);
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, server.address(), "[host.\"http://" + mirror.address() + "\"]\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  const auto id = OpenImages(config)->Pull(RequestFor(server.address()), {});
  INFO(Message(id.status()));
  REQUIRE(id.ok());
  CHECK(server.requests().empty());
}

TEST_CASE("a mirror that is down is asked once in a pull") {
  std::atomic<int> asked = 0;
  FakeRegistry mirror([&](const FakeRequest&) {
    ++asked;
    return FakeAnswer{503, {}, ""};
  });
  FakeRegistry server(Serve);
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, "_default", "[host.\"http://" + mirror.address() + "\"]\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  CHECK(OpenImages(config)->Pull(RequestFor(server.address()), {}).ok());
  CHECK(asked == 1);
}

TEST_CASE("a mistake in hosts.toml fails the pull with file and line") {
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, "registry.example_5000_", "server = \"https://a\"\n[host.\"http://b\"\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  const Status status = OpenImages(config)->Pull(RequestFor("registry.example:5000"), {}).status();
  INFO(Message(status));
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Message(status).find("registry.example_5000_/hosts.toml line 2") != std::string_view::npos);
}

TEST_CASE("plain registries are reached through HTTP_PROXY") {
  FakeRegistry proxy([](const FakeRequest& request) {
    FakeRequest inner = request;
    if (inner.path.starts_with("http://registry.example")) return Serve(inner);
    return FakeAnswer{400, {}, ""};
  });
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, "registry.example", "server = \"http://registry.example\"\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  config.proxies.http = "http://me:secret@" + proxy.address();
  const auto id = OpenImages(config)->Pull(RequestFor("registry.example"), {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  REQUIRE(!proxy.requests().empty());
  CHECK(proxy.requests()[0].proxy_authorization == "Basic bWU6c2VjcmV0");
  CHECK(proxy.requests()[0].headers.at("Host") == "registry.example");
}

TEST_CASE("TLS registries are reached through a tunnel that sees no credentials") {
  TemporaryDirectory files, root, hosts;
  FakeRegistry server(
      [](const FakeRequest& request) {
        return request.authorization.empty() ? FakeAnswer{401, {{"WWW-Authenticate", "Basic realm=\"s\""}}, ""}
                                             : Serve(request);
      },
      MakeCertificate(files));
  std::atomic<int> refusals = 1;
  FakeRegistry proxy([&](const FakeRequest& request) {
    FakeAnswer answer{refusals-- > 0 ? 407 : 200, {}, ""};
    if (request.method == "CONNECT" && answer.status == 200) answer.tunnel_port = server.port();
    return answer;
  });
  // The certificate is for 127.0.0.1, which no proxy is asked for: so the name is another and not verified.
  WriteHosts(hosts, "registry.example", "skip_verify = true\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  config.proxies.https = "http://me:secret@" + proxy.address();
  auto images = OpenImages(config);
  PullRequest request = RequestFor("registry.example");
  request.auth.emplace();
  request.auth->username = "user";
  request.auth->password = "pass";
  const Status refused = images->Pull(request, {}).status();
  INFO(Message(refused));
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK(Message(refused).find("HTTP 407") != std::string_view::npos);
  CHECK(Message(refused).find("secret") == std::string_view::npos);
  const auto id = images->Pull(request, {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  for (const FakeRequest& seen : proxy.requests()) {
    CHECK(seen.path == "registry.example:443");
    CHECK(seen.authorization.empty());
    CHECK(seen.proxy_authorization == "Basic bWU6c2VjcmV0");
  }
}

TEST_CASE("a token that expires during a pull is fetched anew") {
  std::atomic<int> tokens = 0, served = 0;
  std::string realm;
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token") return {200, {}, R"({"token":"t)" + std::to_string(++tokens) + "\"}"};
    const std::string good = "Bearer t" + std::to_string(tokens);
    // Every token is good for one answer.
    if (request.authorization != good || served >= tokens) return {401, {{"WWW-Authenticate", realm}}, ""};
    ++served;
    return Serve(request);
  });
  realm = "Bearer realm=\"http://" + registry.address() + "/token\",service=\"me\",scope=\"repository:app:pull\"";
  TemporaryDirectory root;
  const auto id = OpenImages(Config(root))->Pull(RequestFor(registry.address()), {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  CHECK(tokens == 3);
}

TEST_CASE("identity and registry tokens are used as what they are") {
  std::string realm, posted;
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token") {
      posted = request.method + " " + request.body;
      return {200, {}, R"({"access_token":"short"})"};
    }
    const bool good = request.authorization == "Bearer short" || request.authorization == "Bearer ready";
    return good ? Serve(request) : FakeAnswer{401, {{"WWW-Authenticate", realm}}, ""};
  });
  realm = "Bearer realm=\"http://" + registry.address() + "/token\",service=\"me\"";
  TemporaryDirectory one, two;
  PullRequest request = RequestFor(registry.address());
  request.auth.emplace();
  request.auth->identity_token = "refresh&me";
  CHECK(OpenImages(Config(one))->Pull(request, {}).ok());
  CHECK(posted.starts_with("POST grant_type=refresh_token&"));
  CHECK(posted.ends_with("refresh_token=refresh%26me"));
  posted.clear();
  request.auth = RegistryAuth();
  request.auth->registry_token = "ready";
  CHECK(OpenImages(Config(two))->Pull(request, {}).ok());
  CHECK(posted.empty());
}

TEST_CASE("credentials for another server are not given away") {
  FakeRegistry registry([](const FakeRequest&) {
    return FakeAnswer{401, {{"WWW-Authenticate", "Basic realm=\"x\""}}, ""};
  });
  TemporaryDirectory root;
  PullRequest request = RequestFor(registry.address());
  request.auth.emplace();
  request.auth->username = "user";
  request.auth->password = "pass";
  request.auth->server_address = "https://other.example/v1/";
  CHECK(absl::IsUnauthenticated(OpenImages(Config(root))->Pull(request, {}).status()));
  for (const FakeRequest& seen : registry.requests()) CHECK(seen.authorization.empty());
}

TEST_CASE("Authorization of hosts.toml stays with its host") {
  FakeRegistry storage([](const FakeRequest&) { return FakeAnswer{200, {}, BigImage().layers[0]}; });
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.authorization != "Basic Zml4ZWQ=") return {403, {}, ""};
    if (IsLayer(request)) return {307, {{"Location", "http://" + storage.address() + "/blob"}}, ""};
    return Serve(request);
  });
  TemporaryDirectory root, hosts;
  WriteHosts(hosts, registry.address(),
             "server = \"http://" + registry.address() + "\"\n[header]\nAuthorization = \"Basic Zml4ZWQ=\"\n");
  ImagesConfig config = Config(root);
  config.registry_config = hosts.path();
  const auto id = OpenImages(config)->Pull(RequestFor(registry.address()), {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  REQUIRE(storage.requests().size() == 1);
  CHECK(storage.requests()[0].authorization.empty());
}

TEST_CASE("a host that a redirect names gets no credentials by asking for them") {
  std::string realm;
  FakeRegistry storage([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token") return {200, {}, R"({"token":"theirs"})"};
    return {401, {{"WWW-Authenticate", realm}}, ""};
  });
  realm = "Bearer realm=\"http://" + storage.address() + "/token\",service=\"them\"";
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.authorization.empty()) return {401, {{"WWW-Authenticate", "Basic realm=\"us\""}}, ""};
    if (IsLayer(request)) return {307, {{"Location", "http://" + storage.address() + "/blob"}}, ""};
    return Serve(request);
  });
  TemporaryDirectory root;
  PullRequest request = RequestFor(registry.address());
  request.auth.emplace();
  request.auth->username = "user";
  request.auth->password = "pass";
  const Status status = OpenImages(Config(root))->Pull(request, {}).status();
  INFO(Message(status));
  CHECK(absl::IsUnauthenticated(status));
  CHECK(Message(status).find(storage.address()) != std::string_view::npos);
  CHECK(storage.Count("/token") == 0);
  for (const FakeRequest& seen : storage.requests()) CHECK(seen.authorization.empty());
}

TEST_CASE("a token server that asks for a long wait is not asked again") {
  std::string realm;
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token") return {429, {{"Retry-After", "3600"}}, ""};
    return {401, {{"WWW-Authenticate", realm}}, ""};
  });
  realm = "Bearer realm=\"http://" + registry.address() + "/token\",service=\"me\"";
  TemporaryDirectory root;
  const Status status = OpenImages(Config(root))->Pull(RequestFor(registry.address()), {}).status();
  INFO(Message(status));
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).find("wait 3600 seconds") != std::string_view::npos);
  CHECK(registry.Count("/token") == 1);
}

}  // namespace
}  // namespace jobpod
