#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / ("jobpod-layer-" + NewId().substr(0, 12))).string();
  REQUIRE(MakeDirectories(path_).ok());
}

TemporaryDirectory::~TemporaryDirectory() {
  RemoveTree(path_).IgnoreError();
}

int Shell(const std::string& command) {
  return system(command.c_str());
}

}  // namespace jobpod::test
