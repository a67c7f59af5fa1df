// TLS, mirrors and time-outs of the registry client.
#include "image/registry_client.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;
using std::chrono::milliseconds;

BuiltImage SmallImage() {
  return BuildImage({.layers = {Tar({{.name = "f", .content = "content"}})}});
}

Reference AppAt(const std::string& address) {
  return ParseReference(address + "/app:1").value();
}

TEST_CASE("TLS registries are verified against the system and hosts.toml") {
  TemporaryDirectory files;
  const std::string certificate = MakeCertificate(files);
  const BuiltImage image = SmallImage();
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); },
                        certificate);
  const auto pull = [&](const std::string& server, const std::string& settings) {
    const std::string directory = files / registry.address();
    REQUIRE(MakeDirectories(directory).ok());
    REQUIRE(
        WriteFileAtomic(directory + "/hosts.toml", "server = \"https://" + server + "\"\n" + settings).ok());
    TemporaryDirectory root;
    PullRequest request;
    request.reference = registry.address() + "/app:1";
    return OpenImages(root.path(), {}, files.path())->Pull(request, {}).status();
  };
  const Status unknown = pull(registry.address(), "");
  INFO(Message(unknown));
  CHECK(absl::IsFailedPrecondition(unknown));
  CHECK(Message(unknown).find("hosts.toml") != std::string_view::npos);
  CHECK(pull(registry.address(), "ca = \"../ca.pem\"\n").ok());
  CHECK(pull(registry.address(), "skip_verify = true\n").ok());
  CHECK(absl::IsFailedPrecondition(pull(registry.address(), "ca = \"missing.pem\"\n")));
  // The certificate is for the address, not for the name.
  const std::string other_name = "localhost" + registry.address().substr(registry.address().find(':'));
  CHECK(absl::IsFailedPrecondition(pull(other_name, "ca = \"../ca.pem\"\n")));
}

TEST_CASE("a mirror gets neither credentials nor the last word") {
  const BuiltImage image = SmallImage();
  FakeRegistry mirror([](const FakeRequest&) {
    return FakeAnswer{401, {{"WWW-Authenticate", "Basic realm=\"m\""}}, ""};
  });
  FakeRegistry server([&](const FakeRequest& request) {
    return request.authorization.empty() ? FakeAnswer{401, {{"WWW-Authenticate", "Basic realm=\"s\""}}, ""}
                                         : FakeRegistry::Serve(request, image);
  });
  RegistryHost first, second;
  first.base = ParseUrl("http://" + mirror.address() + "/v2").value();
  second.base = ParseUrl("http://" + server.address() + "/v2").value();
  second.is_server = true;
  const Credentials credentials{"user", "pass", "", "", ""};
  RegistryClient client(AppAt("registry.example"), credentials, {first, second});
  const auto manifest = client.Manifest("1", 1u << 20, {});
  INFO(Message(manifest.status()));
  CHECK(manifest.ok());
  REQUIRE(mirror.requests().size() == 1);
  CHECK(mirror.requests()[0].authorization.empty());
  CHECK(mirror.requests()[0].query == "ns=registry.example");
  CHECK(client.CurrentDigest("1", {}).value() == image.digest());
}

TEST_CASE("a server that stalls is given up") {
  const BuiltImage image = SmallImage();
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    answer.cut = 10;
    answer.stall = true;
    return answer;
  });
  RegistryHost host;
  host.base = ParseUrl("http://" + registry.address() + "/v2").value();
  host.is_server = true;
  const HttpTimeouts timeouts{milliseconds(200), milliseconds(200), milliseconds(200)};
  const RetryPolicy retry{2, milliseconds(10), milliseconds(10), milliseconds(10)};
  RegistryClient client(AppAt(registry.address()), {}, {host}, {timeouts, {}, retry});
  const auto manifest = client.Manifest("1", 1u << 20, {});
  CHECK(absl::IsUnavailable(manifest.status()));
  CHECK(Message(manifest.status()).starts_with("RegistryUnavailable"));
  const auto blob = client.SmallBlob({"", image.id(), image.config.size(), {}, ""}, 1u << 20, {});
  INFO(Message(blob.status()));
  CHECK(absl::IsUnavailable(blob.status()));
  CHECK(Message(blob.status()).starts_with("RegistryUnavailable"));
}

TEST_CASE("a registry that says of a digest that it is another one is not believed") {
  const BuiltImage image = SmallImage();
  FakeRegistry registry([&](const FakeRequest& request) {
    return request.method == "HEAD" ? FakeAnswer{200, {{"Docker-Content-Digest", DigestOf("other")}}, ""}
                                    : FakeRegistry::Serve(request, image);
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  PullRequest request;
  request.reference = registry.address() + "/app@" + image.digest();
  REQUIRE(images->Pull(request, {}).ok());
  const Status again = images->Pull(request, {}).status();
  INFO(Message(again));
  CHECK(absl::IsDataLoss(again));
  CHECK(Message(again).find(DigestOf("other")) != std::string_view::npos);
}

}  // namespace
}  // namespace jobpod
