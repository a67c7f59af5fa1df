#include <stdlib.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {

TemporaryDirectory::TemporaryDirectory() {
  const char* base = getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/jobpod-layer-XXXXXX";
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  RemoveTree(path_).IgnoreError();
}

int Shell(const std::string& command) {
  int status = system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace jobpod::test
