#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "base/file.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod::test {
namespace {

BuiltImage WindowsImage(const std::string& text) {
  return BuildImage({.layers = {Tar({{.name = "Files", .type = '5'}, {.name = "Files/base", .content = text}}),
                                Tar({{.name = "Files/app/tool.exe", .content = "tool"}})},
                     .os = "windows",
                     .more = R"("os.version":"10.0.20348.1","config":{"Cmd":["tool.exe"]},)"});
}

PullRequest Request(const std::string& reference) {
  PullRequest request;
  request.reference = reference;
  request.any_windows = true;
  return request;
}

TEST_CASE("an image is pulled, put together for a container, and removed without a trace") {
  const BuiltImage image = WindowsImage("one");
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const auto id = images->Pull(Request(registry.address() + "/team/app:1"), {});
  INFO(id.status().ToString());
  REQUIRE(id.ok());
  CHECK(*id == image.id());
  const auto rootfs = images->Prepare("c1", *id);
  INFO(rootfs.status().ToString());
  REQUIRE(rootfs.ok());
  CHECK(rootfs->lower.empty());
  CHECK(*ReadFile(rootfs->upper + "/base") == "one");
  CHECK(*ReadFile(rootfs->upper + "/app/tool.exe") == "tool");
  CHECK(images->WritableLayerUsage("c1")->inodes_used == 4);
  const auto volume = images->PrepareVolume("c1", *id);
  REQUIRE(volume.ok());
  REQUIRE(volume->size() == 1);
  CHECK(*ReadFile(volume->front() + "/app/tool.exe") == "tool");
  CHECK(images->Release("c1").ok());
  CHECK_FALSE(PathExists(rootfs->upper));
  CHECK(images->Remove(*id).ok());
  CHECK(std::filesystem::is_empty(std::filesystem::path(root / "layers")));
}

TEST_CASE("the index survives the room, and a container's tree its daemon") {
  const BuiltImage image = WindowsImage("two");
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  TemporaryDirectory root;
  std::string id;
  {
    auto images = OpenImages(root.path());
    id = images->Pull(Request(registry.address() + "/team/app:1"), {}).value();
    REQUIRE(images->Prepare("c1", id).ok());
    REQUIRE(images->Prepare("c2", id).ok());
  }
  auto images = OpenImages(root.path());
  REQUIRE(images->List().size() == 1);
  CHECK(images->Recover({"c1"}).ok());
  CHECK(PathExists(root / "containers/c1/upper/base"));
  CHECK_FALSE(PathExists(root / "containers/c2"));
}

TEST_CASE("a layer whose bytes are others than announced leaves nothing") {
  BuiltImage image = WindowsImage("three");
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    if (request.path.find("/blobs/") != std::string::npos && answer.body.size() > 100) answer.body[60] ^= 1;
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const auto id = images->Pull(Request(registry.address() + "/team/app:1"), {});
  CHECK_FALSE(id.ok());
  CHECK(std::filesystem::is_empty(std::filesystem::path(root / "layers")));
}

TEST_CASE("an archive written here is read here") {
  const BuiltImage image = WindowsImage("four");
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  TemporaryDirectory root, other;
  ImagesConfig config;
  config.root = root.path();
  config.keep_blobs = true;
  auto images = OpenImages(config);
  REQUIRE(images->Pull(Request(registry.address() + "/team/app:1"), {}).ok());
  const Status exported = images->Export(image.id(), root / "image.tar", {});
  INFO(exported.ToString());
  REQUIRE(exported.ok());
  auto second = OpenImages(other.path());
  const auto ids = second->Import(root / "image.tar", "", {});
  INFO(ids.status().ToString());
  REQUIRE(ids.ok());
  CHECK(ids->at(0) == image.id());
  CHECK(*ReadFile(second->Prepare("c1", image.id())->upper + "/base") == "four");
}

TEST_CASE("a pull is cancelled while the registry is silent") {
  const BuiltImage image = WindowsImage("five");
  FakeRegistry registry([&](const FakeRequest& request) {
    FakeAnswer answer = FakeRegistry::Serve(request, image);
    answer.stall = request.path.find("/blobs/") != std::string::npos;
    if (answer.stall) answer.cut = 1;
    return answer;
  });
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  std::stop_source stop;
  std::jthread asker([&] {
    while (registry.Count("/blobs/") == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto id = images->Pull(Request(registry.address() + "/team/app:1"), stop.get_token());
  CHECK(absl::IsCancelled(id.status()));
}

}  // namespace
}  // namespace jobpod::test
