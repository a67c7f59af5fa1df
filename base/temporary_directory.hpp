// For tests: a directory of their own that is gone afterwards.
#pragma once

#include <filesystem>
#include <string>

#include "base/id.hpp"

namespace jobpod {

struct TemporaryDirectory {
  TemporaryDirectory() { std::filesystem::create_directories(path); }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string path =
      (std::filesystem::temp_directory_path() / ("jobpod-test-" + NewId().substr(0, 12))).string();
};

}  // namespace jobpod
