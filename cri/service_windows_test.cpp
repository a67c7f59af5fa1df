#include "cri/service_windows.hpp"

#include <catch2/catch.hpp>

#include "cri/host_defaults.hpp"

namespace jobpod {
namespace {

TEST_CASE("a service's log lies in a private directory, whatever its root") {
  CHECK(ServiceLogFile(kHostDefaults.root) == "C:\\ProgramData\\jobpod\\logs\\jobpodd.log");
  CHECK(ServiceLogFile("D:\\data\\root") == "D:\\data\\root\\logs\\jobpodd.log");
}

}  // namespace
}  // namespace jobpod
