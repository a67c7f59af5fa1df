// Every way a registry can fail: one clear error of the right kind, nothing stored, no space kept.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;
using std::chrono::milliseconds;

enum class Part { kManifest, kConfig, kLayer, kOther };

struct Fault {
  const char* name;
  Part where;
  std::function<void(FakeAnswer&)> spoil;
  absl::StatusCode kind;
  const char* says;  // in the error
};

const std::string kNoise = [] {  // does not compress
  std::string out(200'000, '\0');
  uint32_t state = 1;
  for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}();

BuiltImage TwoLayers() {
  return BuildImage({.layers = {Tar({{.name = "base", .content = "base"}}), Tar({{.name = "f", .content = kNoise}})}});
}

Part PartOf(const FakeRequest& request, const BuiltImage& image) {
  if (request.path.find("/manifests/") != std::string::npos) return Part::kManifest;
  if (request.path.ends_with(image.id())) return Part::kConfig;
  return request.path.ends_with(DigestOf(image.layers[1])) ? Part::kLayer : Part::kOther;
}

// Quick, because servers on loopback are.
ImagesConfig Impatient(const TemporaryDirectory& root) {
  ImagesConfig config;
  config.root = root.path();
  config.timeouts = {milliseconds(5000), milliseconds(2000), milliseconds(2000), milliseconds(5)};
  return config;
}

PullRequest RequestFor(const FakeRegistry& registry) {
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  return request;
}

std::function<void(FakeAnswer&)> Status(int code, const std::string& body = "",
                                        std::map<std::string, std::string> headers = {}) {
  return [=](FakeAnswer& answer) { answer = {code, headers, body}; };
}
std::function<void(FakeAnswer&)> Body(const std::string& body) {
  return [=](FakeAnswer& answer) { answer = {200, {{"Content-Type", kManifestType}}, body}; };
}
std::function<void(FakeAnswer&)> Raw(const std::string& bytes) {
  return [=](FakeAnswer& answer) { answer.raw = bytes; };
}

void CheckFault(const Fault& fault) {
  const BuiltImage image = TwoLayers();
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    if (PartOf(request, image) == fault.where) fault.spoil(answer);
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(Impatient(root));
  const absl::Status status = images->Pull(RequestFor(registry), {}).status();
  INFO(fault.name << ": " << status.ToString());
  CHECK(status.code() == fault.kind);
  const std::string text(Message(status));
  CHECK(text.find(fault.says) != std::string::npos);
  CHECK((status.code() == absl::StatusCode::kUnavailable) == text.starts_with("RegistryUnavailable: "));
  CHECK(text.size() < 1000);
  CHECK(std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; }));
  CHECK(images->List().empty());
  CHECK(images->Usage().used_bytes == 0);
  CHECK(std::filesystem::is_empty(root / "layers"));
  CHECK(std::filesystem::is_empty(root / "blobs/sha256"));
}

TEST_CASE("a registry that answers with an error is quoted") {
  using enum absl::StatusCode;
  const std::string denied = R"({"errors":[{"code":"DENIED","message":"requested access"}]})";
  for (const Fault& fault : std::initializer_list<Fault>{
           {"401 without a challenge", Part::kManifest, Status(401), kUnauthenticated, "HTTP 401"},
           {"401 for ever, basic", Part::kManifest, Status(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}),
            kUnauthenticated, "wants credentials"},
           {"403", Part::kLayer, Status(403, denied), kPermissionDenied, "DENIED: requested access"},
           {"404 manifest", Part::kManifest, Status(404), kNotFound, "/app:1"},
           {"404 config", Part::kConfig, Status(404), kNotFound, "HTTP 404"},
           {"404 layer", Part::kLayer, Status(404), kNotFound, "HTTP 404"},
           {"410", Part::kLayer, Status(410), kFailedPrecondition, "HTTP 410"},
           {"429", Part::kManifest, Status(429), kUnavailable, "HTTP 429"},
           {"429 with a wait", Part::kLayer, Status(429, "", {{"Retry-After", "0"}}), kUnavailable, "HTTP 429"},
           {"429 for an hour", Part::kLayer, Status(429, "", {{"Retry-After", "3600"}}), kUnavailable,
            "wait 3600 seconds"},
           {"500", Part::kManifest, Status(500), kUnavailable, "HTTP 500"},
           {"501", Part::kManifest, Status(501), kUnavailable, "HTTP 501"},
           {"503 layer", Part::kLayer, Status(503, "<html>\xff\x01</html>"), kUnavailable, "HTTP 503"},
           {"error without end", Part::kLayer, Status(404, std::string(10u << 20, 'x')), kNotFound, "HTTP 404"},
       })
    CheckFault(fault);
}

TEST_CASE("a registry that breaks off or sends other bytes is found out") {
  using enum absl::StatusCode;
  const BuiltImage image = TwoLayers();
  const std::string layer = image.layers[1];
  for (const Fault& fault : std::initializer_list<Fault>{
           {"layer too short", Part::kLayer, Body(layer.substr(1)), kDataLoss, "which has"},
           {"layer too long", Part::kLayer, Body(layer + "x"), kDataLoss, "which has"},
           {"layer of nothing", Part::kLayer, Body(""), kDataLoss, "which has"},
           {"other bytes", Part::kLayer, Body(std::string(layer.size(), 'x')), kDataLoss, "digest"},
           {"other config", Part::kConfig, Body(std::string(image.config.size(), ' ')), kDataLoss, "digest"},
           {"breaks off", Part::kLayer, [](FakeAnswer& answer) { answer.cut = 10'000; }, kUnavailable, "closed early"},
           {"reset", Part::kLayer, [](FakeAnswer& answer) { answer.cut = 10'000, answer.reset = true; }, kUnavailable,
            "at byte"},
           {"manifest breaks off", Part::kManifest, [](FakeAnswer& answer) { answer.cut = 5; }, kUnavailable,
            "read manifest 1"},
           {"closed at once", Part::kManifest, [](FakeAnswer& answer) { answer.raw = " "; }, kUnavailable, "ask"},
           {"chunks cut off", Part::kLayer, Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nxyz"),
            kUnavailable, "closed early"},
       })
    CheckFault(fault);
}

TEST_CASE("a registry that does not speak HTTP properly is told so") {
  using enum absl::StatusCode;
  for (const Fault& fault : std::initializer_list<Fault>{
           {"not HTTP", Part::kManifest, Raw("220 mail.example ESMTP\r\n"), kUnavailable, "not valid HTTP"},
           {"bad chunk size", Part::kLayer,
            Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n"), kUnavailable,
            "not valid HTTP"},
           {"chunk of 2^64", Part::kLayer,
            Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\nab\r\n0\r\n\r\n"), kUnavailable,
            "not valid HTTP"},
           {"negative length", Part::kLayer, Raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), kUnavailable,
            "not valid HTTP"},
           {"huge header", Part::kManifest, Status(200, "{}", {{"X-Fill", std::string(1u << 20, 'x')}}), kUnavailable,
            "not valid HTTP"},
           {"length against body", Part::kConfig, Status(200, "{}", {{"Content-Length", "7"}}), kDataLoss, "which has"},
       })
    CheckFault(fault);
}

TEST_CASE("a registry that is too slow is given up") {
  using enum absl::StatusCode;
  const auto stall = [](FakeAnswer& answer) { answer.cut = 1000, answer.stall = true; };
  const auto drip = [](FakeAnswer& answer) { answer.drip = milliseconds(20); };
  ImagesConfig config;
  for (const Fault& fault : std::initializer_list<Fault>{
           {"stall", Part::kLayer, stall, kUnavailable, "no answer in time"},
           {"drip", Part::kLayer, drip, kUnavailable, "stalled"},
       }) {
    const BuiltImage image = TwoLayers();
    FakeRegistry registry([&](const FakeRequest& request) {
      FakeAnswer answer = FakeRegistry::Serve(request, image);
      if (PartOf(request, image) == fault.where) fault.spoil(answer);
      return answer;
    });
    TemporaryDirectory root;
    config = Impatient(root);
    config.timeouts.stall = milliseconds(500);
    auto images = OpenImages(config);
    const absl::Status status = images->Pull(RequestFor(registry), {}).status();
    INFO(fault.name << ": " << status.ToString());
    CHECK(status.code() == fault.kind);
    CHECK(std::string(Message(status)).find(fault.says) != std::string::npos);
    CHECK(images->Usage().used_bytes == 0);
  }
}

TEST_CASE("redirects lead somewhere or are refused") {
  using enum absl::StatusCode;
  const auto to = [](const std::string& place) { return Status(307, "", {{"Location", place}}); };
  for (const Fault& fault : std::initializer_list<Fault>{
           {"loop", Part::kLayer, to("/v2/app/blobs/again"), kNotFound, "HTTP 404"},
           {"to itself", Part::kManifest, to("/v2/app/manifests/1"), kFailedPrecondition, "redirects without end"},
           {"nowhere", Part::kLayer, to(""), kFailedPrecondition, "Location is not usable"},
           {"other scheme", Part::kLayer, to("ftp://127.0.0.1/x"), kFailedPrecondition, "Location is not usable"},
           {"file", Part::kLayer, to("file:///etc/passwd"), kFailedPrecondition, "Location is not usable"},
           {"other host that is away", Part::kLayer, to("http://127.0.0.1:1/x"), kUnavailable, "connect to 127.0.0.1:1"},
       })
    CheckFault(fault);
}

std::string Descriptor(const std::string& digest, const std::string& size, const std::string& type) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":)" + size + "}";
}

TEST_CASE("manifests that cannot be right are refused") {
  using enum absl::StatusCode;
  const BuiltImage image = TwoLayers();
  const std::string tar = "application/vnd.oci.image.layer.v1.tar+gzip";
  const std::string config = Descriptor(image.id(), std::to_string(image.config.size()), "application/vnd.oci.image.config.v1+json");
  const auto with = [&](const std::string& layers) {
    return Body(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layers + "]}");
  };
  const std::string one = Descriptor(DigestOf(image.layers[0]), std::to_string(image.layers[0].size()), tar);
  const std::string away = Descriptor(DigestOf("away"), "100", tar);
  const std::string index = R"({"schemaVersion":2,"manifests":[{"mediaType":"x","digest":")" + image.digest() +
                            R"(","size":9,"platform":{"os":"plan9","architecture":"mips"}}]})";
  for (const Fault& fault : std::initializer_list<Fault>{
           {"no JSON", Part::kManifest, Body("{\"schemaVersion\":2,"), kInvalidArgument, "not a JSON object"},
           {"HTML", Part::kManifest, Body("<html>please log in</html>"), kInvalidArgument, "not a JSON object"},
           {"empty", Part::kManifest, Body(""), kInvalidArgument, "not a JSON object"},
           {"negative size", Part::kManifest, with(Descriptor(DigestOf("x"), "-5", tar)), kInvalidArgument, "negative"},
           {"size of 2^64", Part::kManifest, with(Descriptor(DigestOf("x"), "18446744073709551616", tar)),
            kInvalidArgument, "size"},
           {"enormous size", Part::kManifest, with(one + "," + Descriptor(DigestOf("x"), "18446744073709551615", tar)),
            kResourceExhausted, "limit"},
           {"bad digest", Part::kManifest, with(Descriptor("md5:abc", "5", tar)), kInvalidArgument, "digest"},
           {"too few layers", Part::kManifest, with(one), kInvalidArgument, "names 2 layers, the manifest 1"},
           {"missing layer", Part::kManifest, with(one + "," + away), kNotFound, "HTTP 404"},
           {"unknown layer type", Part::kManifest, with(one + "," + Descriptor(DigestOf("x"), "5", "text/x-sif")),
            kFailedPrecondition, "text/x-sif"},
           {"one layer twice", Part::kManifest, with(one + "," + one), kDataLoss, "diff id"},
           {"other platform", Part::kManifest, Body(index), kNotFound, "plan9/mips"},
           {"index of nothing", Part::kManifest, Body(R"({"schemaVersion":2,"manifests":[]})"), kNotFound, "nothing for"},
           {"no layers member", Part::kManifest, Body(R"({"schemaVersion":2,"config":{}})"), kFailedPrecondition,
            "neither"},
       })
    CheckFault(fault);
}

TEST_CASE("an image that has one layer twice is whole") {
  const std::string tar = Tar({{.name = "f", .content = "content"}});
  const BuiltImage image = BuildImage({.layers = {tar, tar, Tar({{.name = "g"}}), tar}});
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  TemporaryDirectory root;
  auto images = OpenImages(Impatient(root));
  const auto id = images->Pull(RequestFor(registry), {});
  INFO(Message(id.status()));
  REQUIRE(id.ok());
  CHECK(registry.Count(DigestOf(image.layers[0])) == 1);
  const auto rootfs = images->Prepare("c" + std::string(31, '0'), *id);
  INFO(Message(rootfs.status()));
  REQUIRE(rootfs.ok());
  std::set<std::string> distinct(rootfs->lower.begin(), rootfs->lower.end());
  CHECK(distinct.size() == rootfs->lower.size());  // overlayfs refuses one directory twice
}

}  // namespace
}  // namespace jobpod
