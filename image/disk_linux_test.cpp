// What trees are measured to hold, hostile ones too.
#include "image/disk.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "base/scope_exit.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod {
namespace {

using test::TemporaryDirectory;

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr uint64_t kMegabyte = 1u << 20;

void WriteMegabyte(int directory, const char* name) {
  const Fd file(openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string noise(kMegabyte, 'x');
  REQUIRE(write(file.get(), noise.data(), noise.size()) == static_cast<ssize_t>(noise.size()));
}

bool IsAboutAMegabyte(uint64_t bytes, uint64_t directories) {
  return bytes >= kMegabyte && bytes <= kMegabyte + (directories + 16) * 4096;
}

TEST_CASE("a file with several names is measured once, and no link is followed") {
  TemporaryDirectory root, outside;
  const Fd at(open(root.path().c_str(), kDirectoryFlags)), other(open(outside.path().c_str(), kDirectoryFlags));
  WriteMegabyte(at.get(), "one");
  WriteMegabyte(other.get(), "other");
  for (const char* name : {"two", "three"}) REQUIRE(linkat(at.get(), "one", at.get(), name, 0) == 0);
  REQUIRE(symlinkat(outside.path().c_str(), at.get(), "link") == 0);
  const auto usage = MeasureTree(root.path());
  REQUIRE(usage.ok());
  CHECK(IsAboutAMegabyte(usage->used_bytes, 1));
  CHECK(usage->inodes_used == 3);  // with the root
  CHECK(MeasureContent(root.path())->used_bytes == kMegabyte);
}

TEST_CASE("what lies deeper than paths and descriptors go is measured") {
  constexpr int kLevels = 3000;
  TemporaryDirectory root;
  Fd at(open(root.path().c_str(), kDirectoryFlags));
  for (int level = 0; level < kLevels; ++level) {
    for (const char* name : {"a", "directory", "z"}) REQUIRE(mkdirat(at.get(), name, 0755) == 0);
    at = Fd(openat(at.get(), "directory", kDirectoryFlags));
    REQUIRE(at);
  }
  WriteMegabyte(at.get(), "file");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{128, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const auto usage = MeasureTree(root.path());
  const auto content = MeasureContent(root.path());
  const Status removed = RemoveTree(root.path());  // before the end of the test, which has no such care
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(removed.ok());
  REQUIRE(usage.status() == absl::OkStatus());
  CHECK(IsAboutAMegabyte(usage->used_bytes, 3 * kLevels));
  CHECK(usage->inodes_used == 3 * kLevels + 2);
  REQUIRE(content.ok());
  CHECK(content->used_bytes == kMegabyte);
  CHECK(content->inodes_used == 3 * kLevels + 1);
}

}  // namespace
}  // namespace jobpod
