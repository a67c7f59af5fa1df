#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

TEST_CASE("a tree nested deeper than descriptors go is removed, with what lies beside") {
  TemporaryDirectory directory;
  constexpr int kLevels = 400;
  Fd at(open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int level = 0; level < kLevels; ++level) {
    REQUIRE(mkdirat(at.get(), "d", 0755) == 0);
    Fd next(openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(next);
    at = std::move(next);
    REQUIRE(mkdirat(at.get(), "beside", 0755) == 0);
    REQUIRE(Fd(openat(at.get(), "beside/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)));
  }
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{128, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const Status removed = RemoveTree(directory.path + "/d");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(removed == absl::OkStatus());
  CHECK(std::filesystem::is_empty(directory.path));
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
