// Registries that lie, break off, stall and redirect.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;

BuiltImage SmallImage() {
  return BuildImage({.layers = {Tar({{.name = "f", .content = "content"}})}});
}

StatusOr<std::string> PullFrom(Images& images, const FakeRegistry& registry, std::stop_token stop = {}) {
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  return images.Pull(request, stop);
}

bool IsLayer(const FakeRequest& request, const BuiltImage& image, size_t index = 0) {
  return request.path.ends_with(DigestOf(image.layers[index]));
}

// Nothing half-made may stay after a failure.
void CheckEmpty(const Images& images, const TemporaryDirectory& root) {
  CHECK(images.List().empty());
  CHECK(std::filesystem::is_empty(root / "layers"));
  CHECK(images.Usage().used_bytes == 0);
}

// Pulls from a registry that serves `image` but for what `spoil` changes.
Status PullSpoiled(const BuiltImage& image, const std::function<void(const FakeRequest&, FakeAnswer&)>& spoil,
                   const ImageLimits& limits = {}) {
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    spoil(request, answer);
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path(), limits);
  const auto id = PullFrom(*images, registry);
  CheckEmpty(*images, root);
  UNSCOPED_INFO(Message(id.status()));
  return id.status();
}

TEST_CASE("wrong bytes are found by their digest") {
  const BuiltImage image = SmallImage();
  const auto flip = [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; };
  CHECK(absl::IsDataLoss(PullSpoiled(image, [&](const FakeRequest& request, FakeAnswer& answer) {
    if (request.path.find("/manifests/") != std::string::npos) flip(answer.body);
  })));
  CHECK(absl::IsDataLoss(PullSpoiled(image, [&](const FakeRequest& request, FakeAnswer& answer) {
    if (request.path.ends_with(image.id())) flip(answer.body);
  })));
  CHECK_FALSE(PullSpoiled(image, [&](const FakeRequest& request, FakeAnswer& answer) {
                if (IsLayer(request, image)) flip(answer.body);
              }).ok());
  // A well-formed layer, but another one of the same size.
  const BuiltImage other = BuildImage({.layers = {Tar({{.name = "f", .content = "CONTENT"}})}});
  const auto plain = [](const std::string& tar) { return tar; };
  const BuiltImage good =
      BuildImage({.layers = {Tar({{.name = "f", .content = "content"}})}, .compress = plain});
  const std::string swapped = Tar({{.name = "f", .content = "CONTENT"}});
  CHECK(absl::IsDataLoss(PullSpoiled(good, [&](const FakeRequest& request, FakeAnswer& answer) {
    if (IsLayer(request, good)) answer.body = swapped;
  })));
}

TEST_CASE("a wrong diff id is found") {
  const BuiltImage image =
      BuildImage({.layers = {Tar({{.name = "f"}})}, .diff_ids = {DigestOf("something else")}});
  const Status status = PullSpoiled(image, [](const FakeRequest&, FakeAnswer&) {});
  CHECK(absl::IsDataLoss(status));
  CHECK(Message(status).find("diff id") != std::string_view::npos);
  const BuiltImage count =
      BuildImage({.layers = {Tar({{.name = "f"}})}, .diff_ids = {DigestOf("a"), DigestOf("b")}});
  CHECK(absl::IsInvalidArgument(PullSpoiled(count, [](const FakeRequest&, FakeAnswer&) {})));
}

TEST_CASE("a short layer and an endless manifest are refused") {
  const BuiltImage image = SmallImage();
  CHECK(absl::IsDataLoss(PullSpoiled(image, [&](const FakeRequest& request, FakeAnswer& answer) {
    if (IsLayer(request, image)) answer.body.resize(answer.body.size() - 5);
  })));
  CHECK(absl::IsResourceExhausted(PullSpoiled(image, [&](const FakeRequest& request, FakeAnswer& answer) {
    if (request.path.find("/manifests/") != std::string::npos) answer.body.assign(100u << 20, ' ');
  })));
}

TEST_CASE("a layer over the limit is refused") {
  ImageLimits limits;
  limits.max_unpacked_bytes = 1u << 20;
  const BuiltImage bomb =
      BuildImage({.layers = {Tar({{.name = "zeros", .content = std::string(20u << 20, '\0')}})}});
  CHECK(absl::IsResourceExhausted(PullSpoiled(
      bomb, [](const FakeRequest&, FakeAnswer&) {}, limits)));
}

TEST_CASE("server errors are repeated, then told") {
  const BuiltImage image = SmallImage();
  std::atomic<int> asked = 0;
  const Status status = PullSpoiled(image, [&](const FakeRequest&, FakeAnswer& answer) {
    ++asked;
    answer = {503, {}, R"({"errors":[{"code":"UNAVAILABLE","message":"try\nlater"}]})"};
  });
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).starts_with("RegistryUnavailable"));
  CHECK(Message(status).find("UNAVAILABLE: try?later") != std::string_view::npos);
  CHECK(asked == 4);
}

TEST_CASE("a few failures in between do not matter") {
  const BuiltImage image = SmallImage();
  std::atomic<int> asked = 0;
  FakeRegistry registry([&](const FakeRequest& request) {
    return ++asked % 2 == 1 ? FakeAnswer{asked == 1 ? 500 : 429, {{"Retry-After", "0"}}, ""}
                            : FakeRegistry::Serve(request, image);
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  CHECK(PullFrom(*images, registry).value() == image.id());
}

TEST_CASE("a layer that breaks off is taken up where it ended") {
  const auto plain = [](const std::string& tar) { return tar; };
  const BuiltImage image =
      BuildImage({.layers = {Tar({{.name = "f", .content = std::string(200000, 'x')}})}, .compress = plain});
  std::atomic<int> layer_requests = 0;
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    if (!IsLayer(request, image)) return answer;
    if (++layer_requests == 1) answer.cut = 50000;
    if (layer_requests == 2) answer.cut = 60000;  // does not know ranges: everything again
    if (layer_requests == 3) {
      const size_t from = std::stoul(request.range.substr(6));
      answer.status = 206;
      answer.body = answer.body.substr(from);
      answer.headers["Content-Range"] = "bytes " + std::to_string(from) + "-" + std::to_string(image.layers[0].size() - 1) +
                                        "/" + std::to_string(image.layers[0].size());
    }
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const auto id = PullFrom(*images, registry);
  INFO(Message(id.status()));
  CHECK(id.ok());
  CHECK(layer_requests == 3);
}

TEST_CASE("a server that sends another range than was asked for is asked for everything") {
  const auto plain = [](const std::string& tar) { return tar; };
  const BuiltImage image =
      BuildImage({.layers = {Tar({{.name = "f", .content = std::string(200000, 'x')}})}, .compress = plain});
  const size_t size = image.layers[0].size();
  for (const std::string& range : {std::string("bytes 0-9/10"), std::string(""), std::string("416")}) {
    std::atomic<int> layer_requests = 0;
    FakeRegistry registry([&](const FakeRequest& request) {
      FakeAnswer answer = FakeRegistry::Serve(request, image);
      if (!IsLayer(request, image)) return answer;
      if (++layer_requests == 1) answer.cut = 50000;
      if (request.range.empty()) return answer;
      CHECK(request.range.starts_with("bytes="));
      return range == "416" ? FakeAnswer{416, {}, ""}
                            : FakeAnswer{206, {{"Content-Range", range}}, std::string(size - 50000, 'y')};
    });
    TemporaryDirectory root;
    auto images = OpenImages(root.path());
    const auto id = PullFrom(*images, registry);
    INFO(range << " " << Message(id.status()));
    CHECK(id.ok());
    CHECK(layer_requests == 3);
  }
}

TEST_CASE("tokens are fetched, and credentials stay with their hosts") {
  const BuiltImage image = SmallImage();
  FakeRegistry storage([&](const FakeRequest& request) {
    return FakeAnswer{200, {}, request.query == "sig=a%2Fb+c" ? image.layers[0] : ""};
  });
  std::string realm;
  FakeRegistry registry([&](const FakeRequest& request) -> FakeAnswer {
    if (request.path == "/token")
      return request.authorization == "Basic dXNlcjpwYXNz" ? FakeAnswer{200, {}, R"({"access_token":"abc"})"}
                                                           : FakeAnswer{401, {}, ""};
    if (request.authorization != "Bearer abc") return {401, {{"WWW-Authenticate", realm}}, ""};
    if (IsLayer(request, image))
      return {307, {{"Location", "http://" + storage.address() + "/k%20y?sig=a%2Fb+c"}}, ""};
    return FakeRegistry::Serve(request, image);
  });
  realm = "Bearer realm=\"http://" + registry.address() + "/token\",service=\"me\"";
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  const auto anonymous = images->Pull(request, {});
  INFO(Message(anonymous.status()));
  CHECK(absl::IsUnauthenticated(anonymous.status()));
  request.auth.emplace();
  request.auth->username = "user";
  request.auth->password = "pass";
  const auto id = images->Pull(request, {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  REQUIRE(storage.requests().size() == 1);
  CHECK(storage.requests()[0].authorization.empty());
  CHECK(registry.Count("/token") == 2);
}

TEST_CASE("redirects without end and refusals are told") {
  const BuiltImage image = SmallImage();
  CHECK(absl::IsFailedPrecondition(PullSpoiled(image, [](const FakeRequest& request, FakeAnswer& answer) {
    answer = {302, {{"Location", request.path}}, ""};
  })));
  CHECK(absl::IsPermissionDenied(PullSpoiled(image, [](const FakeRequest&, FakeAnswer& answer) {
    answer = {403, {}, R"({"errors":[{"code":"DENIED","message":"no"}]})"};
  })));
  CHECK(absl::IsFailedPrecondition(PullSpoiled(image, [](const FakeRequest& request, FakeAnswer& answer) {
    if (request.path.find("/manifests/") != std::string::npos)
      answer = {200, {}, R"({"schemaVersion":1,"name":"x","fsLayers":[]})"};
  })));
}

TEST_CASE("a stalled pull ends soon after it is cancelled, and a waiting one takes over") {
  const BuiltImage image = SmallImage();
  std::atomic<int> layer_requests = 0;
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    if (IsLayer(request, image) && ++layer_requests == 1) {
      answer.cut = 10;
      answer.stall = true;
    }
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  StatusOr<std::string> first, second;
  std::jthread pulling([&](std::stop_token stop) { first = PullFrom(*images, registry, stop); });
  for (int i = 0; i < 500 && layer_requests == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::jthread waiting([&] { second = PullFrom(*images, registry); });
  const auto start = std::chrono::steady_clock::now();
  pulling.request_stop();
  pulling.join();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  CHECK(absl::IsCancelled(first.status()));
  waiting.join();
  INFO(Message(second.status()));
  CHECK(second.ok());
  CHECK(images->List().size() == 1);
}

}  // namespace
}  // namespace jobpod
