#include "cri/cli/run_host.hpp"

#include <catch2/catch.hpp>

#include "cri/cli/run_request.hpp"

namespace jobpod::cli {
namespace {

TEST_CASE("mounts are two absolute paths, with or without a drive, and perhaps ro") {
  const auto mount = ParseMount("C:\\src:D:\\dst:ro");
  REQUIRE(mount.ok());
  CHECK(mount->host_path() == "C:\\src");
  CHECK(mount->container_path() == "D:\\dst");
  CHECK(mount->readonly());
  CHECK(ParseMount("c:/src:/dst")->container_path() == "/dst");
  CHECK(ParseMount("\\\\.\\pipe\\a:\\\\.\\pipe\\a")->host_path() == "\\\\.\\pipe\\a");
  for (const char* bad : {"", "C:\\src", "C:src:C:\\dst", "src:C:\\dst", "C:\\a:b", "C:\\a:C:\\b:C:\\c", "C:\\a:C:\\b:rx"}) {
    INFO(bad);
    CHECK_FALSE(ParseMount(bad).ok());
  }
}

cri::ContainerConfig Container(const RunOptions& options) {
  const auto container = MakeContainerConfig(options, *MakePodConfig(options, "0123456789abcdef"), "sha256:1");
  REQUIRE(container.ok());
  return *container;
}

TEST_CASE("user and limits are Windows'") {
  const auto config = Container({.image = "i", .user = "NT AUTHORITY\\SYSTEM", .memory = "64m", .cpus = 10'000});
  CHECK(config.windows().security_context().run_as_username() == "NT AUTHORITY\\SYSTEM");
  CHECK(config.windows().security_context().host_process());
  CHECK(config.windows().resources().memory_limit_in_bytes() == 64 << 20);
  CHECK(config.windows().resources().cpu_maximum() == 10'000);
  CHECK(config.linux().resources().memory_limit_in_bytes() == 0);
  CHECK(Container({.image = "i", .cpus = 0.01}).windows().resources().cpu_maximum() > 0);
  CHECK(Container({.image = "i"}).windows().resources().cpu_maximum() == 0);
}

}  // namespace
}  // namespace jobpod::cli
