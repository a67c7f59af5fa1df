#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "base/frame.hpp"
#include "base/id.hpp"
#include "base/temporary_directory.hpp"
#include "base/workers.hpp"

namespace jobpod {
namespace {

TEST_CASE("ids are 64 hex digits and never repeat") {
  std::string id = NewId();
  CHECK(id.size() == 64);
  CHECK(IsIdOrPrefix(id));
  CHECK(NewId() != id);
  CHECK_FALSE(IsIdOrPrefix("../x"));
  CHECK_FALSE(IsIdOrPrefix(""));
  CHECK_FALSE(IsIdOrPrefix(id + "0"));
}

TEST_CASE("base64 has the test vectors of its RFC") {
  const std::string text = "foobar";
  const char* const encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t size = 0; size <= text.size(); ++size) CHECK(Base64(text.substr(0, size)) == encoded[size]);
  CHECK(Base64("\xfb\xff\xfe") == "+//+");
  std::string out = "before ";
  AppendBase64("\xff", out);
  CHECK(out == "before /w==");
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

TEST_CASE("a tree is removed whole, and once more") {
  TemporaryDirectory directory;
  REQUIRE(MakeDirectories(directory.path + "/tree/a/b/c").ok());
  REQUIRE(MakeDirectories(directory.path + "/tree/a/b/c").ok());
  for (int i = 0; i < 300; ++i) REQUIRE(WriteFileAtomic(Concat(directory.path, "/tree/a/b/", i), "x").ok());
  CHECK(RemoveTree(directory.path + "/tree").ok());
  CHECK_FALSE(std::filesystem::exists(directory.path + "/tree"));
  CHECK(RemoveTree(directory.path + "/tree").ok());
  CHECK(RemoveTree(directory.path + "/none/at/all").ok());
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
