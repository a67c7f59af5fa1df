#include "image/file_clone_windows.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod {
namespace {

using test::TemporaryDirectory;

struct Copies {
  explicit Copies(const std::string& content) {
    REQUIRE(WriteFileAtomic(directory / "from", content).ok());
    from = *OpenPath(directory / "from", GENERIC_READ, OPEN_EXISTING);
    to = *OpenPath(directory / "to", GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
  }
  TemporaryDirectory directory;
  Handle from, to;
};

TEST_CASE("blocks are shared in whole clusters and pieces below 4 GiB") {
  const auto one = CloneRanges(5000, 4096);
  REQUIRE(one.size() == 1);
  CHECK((one[0].offset == 0 && one[0].size == 8192));
  const auto many = CloneRanges(5ull << 30, 65536);
  REQUIRE(many.size() == 3);
  CHECK((many[0].size == 1ull << 31 && many[1].offset == 1ull << 31 && many[2].size == 1ull << 30));
  CHECK(CloneRanges(0, 4096).empty());
}

TEST_CASE("where blocks are shared nothing is read, and the length is exact") {
  Copies copies("content");
  std::vector<CloneRange> asked;
  const CloneCalls calls{[](HANDLE) { return uint64_t{4096}; },
                         [&](HANDLE, HANDLE, CloneRange range) {
                           asked.push_back(range);
                           return true;
                         }};
  FileCloner cloner(calls);
  REQUIRE(cloner.Copy(copies.from.get(), copies.to.get(), 7).ok());
  CHECK(cloner.shared() == 1);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].size == 4096);
  LARGE_INTEGER size{};
  REQUIRE(GetFileSizeEx(copies.to.get(), &size));
  CHECK(size.QuadPart == 7);
}

TEST_CASE("a refused share becomes a copy, and is not asked for again") {
  Copies first("one"), second("two");
  int asked = 0;
  FileCloner cloner({[](HANDLE) { return uint64_t{4096}; },
                     [&](HANDLE, HANDLE, CloneRange) {
                       ++asked;
                       return false;
                     }});
  REQUIRE(cloner.Copy(first.from.get(), first.to.get(), 3).ok());
  REQUIRE(cloner.Copy(second.from.get(), second.to.get(), 3).ok());
  CHECK(asked == 1);
  CHECK(cloner.shared() == 0);
  CHECK(*ReadFile(first.directory / "to") == "one");
  CHECK(*ReadFile(second.directory / "to") == "two");
}

TEST_CASE("this system copies or shares") {
  const std::string content(3'000'000, 'x');
  Copies copies(content);
  FileCloner cloner;
  REQUIRE(cloner.Copy(copies.from.get(), copies.to.get(), content.size()).ok());
  if (cloner.shared() == 0) WARN("this file system does not share blocks");
  CHECK(*ReadFile(copies.directory / "to") == content);
}

}  // namespace
}  // namespace jobpod
