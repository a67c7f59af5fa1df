#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "base/frame.hpp"
#include "base/id.hpp"
#include "base/workers.hpp"

namespace jobpod {
namespace {

struct TemporaryDirectory {
  TemporaryDirectory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/jobpod-base-test-XXXXXX";
};

TEST_CASE("ids are 64 hex digits and never repeat") {
  std::string id = NewId();
  CHECK(id.size() == 64);
  CHECK(IsIdOrPrefix(id));
  CHECK(NewId() != id);
  CHECK_FALSE(IsIdOrPrefix("../x"));
  CHECK_FALSE(IsIdOrPrefix(""));
  CHECK_FALSE(IsIdOrPrefix(id + "0"));
}

TEST_CASE("frames come out whole whatever the chunks") {
  std::string wire = FrameHeader(5) + "hello" + FrameHeader(0) + FrameHeader(3) + "abc";
  FrameReader reader;
  std::vector<std::string> frames;
  for (char byte : wire) {
    reader.Append({&byte, 1});
    for (;;) {
      auto next = reader.Next();
      REQUIRE(next.ok());
      if (!next->has_value()) break;
      frames.push_back(**next);
    }
  }
  CHECK(frames == std::vector<std::string>{"hello", "", "abc"});
}

TEST_CASE("a frame over the limit is refused before its bytes arrive") {
  FrameReader reader(10);
  reader.Append(FrameHeader(11));
  CHECK(absl::IsInvalidArgument(reader.Next().status()));
}

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

TEST_CASE("a whole file is replaced or left alone") {
  TemporaryDirectory directory;
  std::string path = directory.path + "/file";
  REQUIRE(WriteFileAtomic(path, "one").ok());
  REQUIRE(WriteFileAtomic(path, "two", 0600, true).ok());
  CHECK(*ReadFile(path) == "two");
  CHECK(absl::IsResourceExhausted(ReadFile(path, 2).status()));
  CHECK(absl::IsNotFound(ReadFile(path + ".none").status()));
}

TEST_CASE("workers run everything and refuse more than they can hold") {
  std::atomic<int> done = 0;
  {
    Workers workers(4, 100);
    for (int i = 0; i < 50; ++i) REQUIRE(workers.Run([&] { ++done; }).ok());
  }
  CHECK(done == 50);

  std::mutex gate;
  gate.lock();
  Workers workers(1, 1);
  REQUIRE(workers.Run([&] { std::scoped_lock wait(gate); }).ok());
  Status status;
  for (int i = 0; i < 3 && status.ok(); ++i) status = workers.Run([] {});
  CHECK(absl::IsResourceExhausted(status));
  gate.unlock();
}

}  // namespace
}  // namespace jobpod
