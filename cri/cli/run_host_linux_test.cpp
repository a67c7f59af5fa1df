#include "cri/cli/run_host.hpp"

#include <catch2/catch.hpp>

#include "cri/cli/run_request.hpp"

namespace jobpod::cli {
namespace {

TEST_CASE("mounts are two absolute paths and perhaps ro") {
  const auto mount = ParseMount("/src:/dst:ro");
  REQUIRE(mount.ok());
  CHECK(mount->host_path() == "/src");
  CHECK(mount->container_path() == "/dst");
  CHECK(mount->readonly());
  CHECK_FALSE(ParseMount("/src:/dst")->readonly());
  for (const char* bad : {"", "/src", "src:/dst", "/src:dst", "/a:/b:/c", "/a:/b:rx", ":ro"}) {
    CHECK_FALSE(ParseMount(bad).ok());
  }
}

cri::ContainerConfig Container(const RunOptions& options) {
  const auto container = MakeContainerConfig(options, *MakePodConfig(options, "0123456789abcdef"), "sha256:1");
  REQUIRE(container.ok());
  return *container;
}

TEST_CASE("user and limits are Linux'") {
  const auto config = Container({.image = "i", .user = "1000:50", .memory = "64m", .cpus = 0.5});
  CHECK(config.linux().security_context().run_as_user().value() == 1000);
  CHECK(config.linux().security_context().run_as_group().value() == 50);
  CHECK(config.linux().resources().cpu_quota() == 50'000);
  CHECK(config.linux().resources().memory_limit_in_bytes() == 64 << 20);
  CHECK(Container({.image = "i", .user = "nobody"}).linux().security_context().run_as_username() == "nobody");
  cri::ContainerConfig refused;
  CHECK_THAT(std::string(Message(SetUser("me:us", refused))), Catch::Contains("--user me:us"));
}

}  // namespace
}  // namespace jobpod::cli
