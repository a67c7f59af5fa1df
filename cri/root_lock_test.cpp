#include "cri/root_lock.hpp"

#include <catch2/catch.hpp>

#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

TEST_CASE("a root has one daemon, and is free when that one is gone") {
  const TemporaryDirectory directory;
  auto first = LockRoot(directory.path + "/root");
  REQUIRE(first.ok());
  const auto second = LockRoot(directory.path + "/root");
  CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(Message(second.status())), Catch::Matches(".*another jobpodd \\(pid [0-9]+\\) works on .*"));
  first->reset();
  CHECK(LockRoot(directory.path + "/root").ok());
}

}  // namespace
}  // namespace jobpod
