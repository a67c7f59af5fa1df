// Pulls from a real registry, Debian's docker-registry.
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "base/file.hpp"
#include "base/id.hpp"
#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;

StatusOr<std::string> PullFrom(Images& images, const std::string& reference) {
  PullRequest request;
  request.reference = reference;
  return images.Pull(request, {});
}

TEST_CASE("a busybox image is pulled and prepared") {
  RealRegistry registry;
  const BuiltImage image = BusyboxImage("hello");
  registry.Push("team/busybox", "1", image);
  TemporaryDirectory root;
  auto images = OpenImages(root.path());

  const std::string name = registry.address() + "/team/busybox:1";
  const auto id = PullFrom(*images, name);
  INFO(Message(id.status()));
  REQUIRE(id.ok());
  CHECK(*id == image.id());
  const auto found = images->Find(name);
  REQUIRE(found.ok());
  REQUIRE(*found);
  CHECK((*found)->repo_tags == std::vector<std::string>{name});
  CHECK((*found)->repo_digests ==
        std::vector<std::string>{registry.address() + "/team/busybox@" + image.digest()});
  CHECK((*found)->size == image.config.size() + image.layers[0].size());
  CHECK((*found)->config.command == std::vector<std::string>{"/bin/sh"});

  const std::string container = NewId();
  const auto rootfs = images->Prepare(container, *id);
  INFO(Message(rootfs.status()));
  REQUIRE(rootfs.ok());
  REQUIRE(rootfs->lower.size() == 1);
  CHECK(ReadFile(rootfs->lower[0] + "/marker").value() == "hello");
  CHECK(Shell(rootfs->lower[0] + "/bin/busybox true") == 0);
  CHECK(images->Release(container).ok());
  struct stat status {};
  CHECK(::stat((root.path() + "/containers/" + container).c_str(), &status) != 0);
}

TEST_CASE("a second pull costs one request, a moved tag is followed") {
  RealRegistry registry;
  const BuiltImage one = BuildImage({.layers = {Tar({{.name = "a", .content = "1"}})}});
  const BuiltImage two = BuildImage({.layers = {Tar({{.name = "a", .content = "1"}}), Tar({{.name = "b"}})}});
  registry.Push("app", "latest", one);
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const std::string name = registry.address() + "/app";
  REQUIRE(PullFrom(*images, name).value() == one.id());
  const size_t before = registry.Requests("/v2/app/");
  REQUIRE(PullFrom(*images, name).value() == one.id());
  CHECK(registry.Requests("/v2/app/") == before + 1);

  registry.Push("app", "latest", two);
  REQUIRE(PullFrom(*images, name).value() == two.id());
  // The layer both have is not fetched again.
  CHECK(registry.Requests("\"GET /v2/app/blobs/" + DigestOf(one.layers[0])) == 1);
  CHECK(images->Find(name).value()->id == two.id());
  const auto old = images->Find(one.id()).value();
  REQUIRE(old);
  CHECK(old->repo_tags.empty());
  CHECK(old->repo_digests == std::vector<std::string>{name + "@" + one.digest()});
  CHECK(images->List().size() == 2);
  REQUIRE(PullFrom(*images, name + "@" + one.digest()).value() == one.id());
  CHECK(images->Find(one.id().substr(7, 12)).value()->id == one.id());
  CHECK(images->Find(name + ":latest@" + one.digest()).value()->id == one.id());
}

TEST_CASE("every compression and both manifest families are pulled") {
  RealRegistry registry;
  const std::string tar = Tar({{.name = "file", .content = std::string(300000, 'x')}});
  const auto zstd = [](const std::string& bytes) { return Zstd(bytes); };
  const auto plain = [](const std::string& bytes) { return bytes; };
  registry.Push("c", "gzip", BuildImage({.layers = {tar}, .docker_types = true}));
  registry.Push("c", "zstd", BuildImage({.layers = {tar}, .more = "\"author\":\"z\",", .compress = zstd}));
  registry.Push("c", "plain", BuildImage({.layers = {tar}, .more = "\"author\":\"p\",", .compress = plain}));
  for (const char* tag : {"gzip", "zstd", "plain"}) {
    TemporaryDirectory root;
    auto images = OpenImages(root.path());
    const auto id = PullFrom(*images, registry.address() + "/c:" + tag);
    INFO(tag << Message(id.status()));
    REQUIRE(id.ok());
    const auto rootfs = images->Prepare(NewId(), *id).value();
    CHECK(ReadFile(rootfs.lower[0] + "/file").value().size() == 300000);
  }
}

TEST_CASE("an index gives the manifest of the asked platform") {
  RealRegistry registry;
  const std::string tar = Tar({{.name = "f"}});
  const std::string files = Tar({{.name = "Files/", .type = '5'}, {.name = "Files/w", .content = "win"}});
  const BuiltImage amd = BuildImage({.layers = {tar}});
  const BuiltImage arm = BuildImage({.layers = {tar}, .architecture = "arm64"});
  const BuiltImage win = BuildImage({.layers = {files}, .os = "windows"});
  for (const BuiltImage* image : {&amd, &arm, &win}) registry.Push("multi", "x", *image);
  registry.PushManifest(
      "multi", "all", kIndexType,
      BuildIndex({{R"({"os":"linux","architecture":"arm64","variant":"v8"})", arm.manifest},
                  {R"({"os":"linux","architecture":"amd64"})", amd.manifest},
                  {R"({"os":"windows","architecture":"amd64","os.version":"10.0.20348.1"})", win.manifest}}));
  registry.PushManifest("multi", "none", kIndexType,
                        BuildIndex({{R"({"os":"linux","architecture":"s390x"})", amd.manifest}}));
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const std::string name = registry.address() + "/multi:all";
  CHECK(PullFrom(*images, name).value() == amd.id());
  PullRequest request;
  request.reference = name;
  request.platform = "linux/arm64";
  CHECK(images->Pull(request, {}).value() == arm.id());
  request.platform = "";
  request.any_windows = true;  // only where there is nothing for this host
  CHECK(images->Pull(request, {}).value() == amd.id());
  const BuiltImage old =
      BuildImage({.layers = {files}, .os = "windows", .more = R"("os.version":"10.0.17763.1",)"});
  registry.Push("win", "old", old);
  registry.Push("win", "new", win);
  registry.PushManifest(
      "win", "all", kIndexType,
      BuildIndex({{R"({"os":"windows","architecture":"amd64","os.version":"10.0.20348.1"})", win.manifest},
                  {R"({"os":"windows","architecture":"amd64","os.version":"10.0.17763.1"})", old.manifest}}));
  CHECK(absl::IsNotFound(PullFrom(*images, registry.address() + "/win:all").status()));
  CHECK(absl::IsNotFound(PullFrom(*images, registry.address() + "/win:old").status()));
  request.reference = registry.address() + "/win:old";
  CHECK(images->Pull(request, {}).value() == old.id());
  request.reference = registry.address() + "/win:all";
  CHECK(images->Pull(request, {}).value() == win.id());
  CHECK(absl::IsNotFound(PullFrom(*images, registry.address() + "/win:all").status()));
  CHECK(ReadFile(images->Prepare(NewId(), win.id()).value().lower[0] + "/w").value() == "win");
  const auto none = PullFrom(*images, registry.address() + "/multi:none");
  CHECK(absl::IsNotFound(none.status()));
  CHECK(Message(none.status()).find("linux/s390x") != std::string_view::npos);
}

TEST_CASE("what cannot be pulled says why") {
  RealRegistry registry;
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  const auto missing = PullFrom(*images, registry.address() + "/nobody/here:1");
  INFO(Message(missing.status()));
  CHECK(absl::IsNotFound(missing.status()));
  for (const std::string& part : {registry.address(), std::string("nobody/here"), std::string("404"),
                                  std::string("MANIFEST_UNKNOWN")})
    CHECK(Message(missing.status()).find(part) != std::string_view::npos);
  const auto away = PullFrom(*images, "127.0.0.1:1/app");
  INFO(Message(away.status()));
  CHECK(absl::IsUnavailable(away.status()));
  CHECK(Message(away.status()).starts_with("RegistryUnavailable"));
  CHECK(absl::IsInvalidArgument(PullFrom(*images, "UPPER/CASE").status()));
  CHECK(images->List().empty());
}

TEST_CASE("basic authentication is answered with the pod's credentials") {
  RealRegistry registry("user:secret-word");
  const BuiltImage image = BuildImage({.layers = {Tar({{.name = "f"}})}});
  registry.Push("private", "1", image);
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  PullRequest request;
  request.reference = registry.address() + "/private:1";
  const auto anonymous = images->Pull(request, {});
  INFO(Message(anonymous.status()));
  CHECK(absl::IsUnauthenticated(anonymous.status()));
  request.auth.emplace();
  request.auth->username = "user";
  request.auth->password = "wrong-word";
  const auto wrong = images->Pull(request, {});
  CHECK(absl::IsUnauthenticated(wrong.status()));
  CHECK(Message(wrong.status()).find("wrong-word") == std::string_view::npos);
  request.auth->password = "secret-word";
  CHECK(images->Pull(request, {}).value() == image.id());
}

TEST_CASE("many pulls of one image at once fetch it once") {
  RealRegistry registry;
  const BuiltImage image = BusyboxImage("many");
  registry.Push("busy", "1", image);
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { good += PullFrom(*images, registry.address() + "/busy:1").ok() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 8);
  CHECK(registry.Requests("\"GET /v2/busy/blobs/" + DigestOf(image.layers[0])) == 1);
}

TEST_CASE("a mirror of hosts.toml stands in for the registry") {
  RealRegistry mirror;
  const BuiltImage image = BuildImage({.layers = {Tar({{.name = "f"}})}});
  mirror.Push("team/app", "1", image);
  TemporaryDirectory root, config;
  REQUIRE(MakeDirectories(config / "127.0.0.1:1").ok());
  REQUIRE(WriteFileAtomic(config / "127.0.0.1:1/hosts.toml", "[host.\"http://" + mirror.address() + "\"]\n")
              .ok());
  auto images = OpenImages(root.path(), {}, config.path());
  REQUIRE(PullFrom(*images, "127.0.0.1:1/team/app:1").value() == image.id());
  CHECK(images->Find(image.id()).value()->repo_tags == std::vector<std::string>{"127.0.0.1:1/team/app:1"});
}

}  // namespace
}  // namespace jobpod
