#include <fcntl.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

TEST_CASE("a tree is removed without following links out of it") {
  TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path + "/keep");
  REQUIRE(WriteFileAtomic(directory.path + "/keep/file", "x").ok());
  std::filesystem::create_directories(directory.path + "/tree/a/b/c");
  REQUIRE(WriteFileAtomic(directory.path + "/tree/a/b/file", "x").ok());
  std::filesystem::create_directory_symlink(directory.path + "/keep", directory.path + "/tree/a/link");
  CHECK(RemoveTree(directory.path + "/tree").ok());
  CHECK_FALSE(std::filesystem::exists(directory.path + "/tree"));
  CHECK(std::filesystem::exists(directory.path + "/keep/file"));
  CHECK(RemoveTree(directory.path + "/tree").ok());
}

TEST_CASE("paths resolved in a root cannot leave it") {
  TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path + "/root");
  std::filesystem::create_symlink("/etc", directory.path + "/root/out");
  auto root = OpenFile(directory.path + "/root", O_PATH | O_DIRECTORY);
  REQUIRE(root.ok());
  CHECK(absl::IsNotFound(OpenInRoot(root->get(), "out/hostname", O_RDONLY).status()));
  CHECK_FALSE(OpenBeneath(root->get(), "out/hostname", O_RDONLY).ok());
  CHECK(MakeDirectoriesInRoot(root->get(), "../../a/b", 0755).ok());
  CHECK(std::filesystem::is_directory(directory.path + "/root/a/b"));
}

}  // namespace
}  // namespace jobpod
