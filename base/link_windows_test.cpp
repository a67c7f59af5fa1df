#include "base/link_windows.hpp"

#include <winternl.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

std::string Bytes(std::initializer_list<int> values) { return std::string(values.begin(), values.end()); }

std::string Utf16(const std::wstring& text) {
  return std::string(reinterpret_cast<const char*>(text.data()), text.size() * 2);
}

struct Tree {
  Tree() {
    REQUIRE(MakeDirectories(directory.path + "/tree").ok());
    root = *OpenPath(directory.path + "/tree", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  }
  std::string operator/(const std::string& name) const { return directory.path + "/" + name; }
  TemporaryDirectory directory;
  Handle root;
};

// MS-FSCC 2.1.2: tag, length, 0; then the two names' places.
TEST_CASE("reparse points are written as the file system reads them") {
  CHECK(JunctionData(L"\\??\\C:\\x") == Bytes({3, 0, 0, 0xA0, 36, 0, 0, 0, 0, 0, 16, 0, 18, 0, 8, 0}) +
                                             Utf16(L"\\??\\C:\\x") + Bytes({0, 0}) + Utf16(L"C:\\x") + Bytes({0, 0}));
  CHECK(SymbolicLinkData(L"..\\a", true) == Bytes({12, 0, 0, 0xA0, 28, 0, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0, 1, 0, 0, 0}) +
                                               Utf16(L"..\\a") + Utf16(L"..\\a"));
}

TEST_CASE("only whole relative symbolic links are read") {
  const std::string data = SymbolicLinkData(L"..\\a", true);
  CHECK(*RelativeTargetOf(data) == L"..\\a");
  for (size_t size = 0; size + 8 < data.size(); ++size) CHECK_FALSE(RelativeTargetOf(data.substr(0, size)).ok());
  CHECK_FALSE(RelativeTargetOf(SymbolicLinkData(L"\\??\\C:\\a", false)).ok());
  CHECK_FALSE(RelativeTargetOf(JunctionData(L"\\??\\C:\\a")).ok());
  std::string hostile = data;
  hostile[11] = 0x7F;
  CHECK_FALSE(RelativeTargetOf(hostile).ok());
}

TEST_CASE("a directory's link shows what is there, and goes without it") {
  Tree tree;
  REQUIRE(MakeDirectories(tree / "outside").ok());
  REQUIRE(WriteFileAtomic(tree / "outside/file", "theirs").ok());
  const Status made = MakeLinkAt(tree.root.get(), L"link", tree / "outside", true);
  INFO(made.ToString());
  REQUIRE(made.ok());
  CHECK(*ReadFile(tree / "tree/link/file") == "theirs");
  const Status removed = RemoveLinkAt(tree.root.get(), L"link");
  INFO(removed.ToString());
  CHECK(removed.ok());
  CHECK_FALSE(PathExists(tree / "tree/link"));
  CHECK(*ReadFile(tree / "outside/file") == "theirs");
  CHECK(RemoveLinkAt(tree.root.get(), L"link").ok());
}

TEST_CASE("a file's link is the file, both ways") {
  Tree tree;
  REQUIRE(WriteFileAtomic(tree / "log", "").ok());
  const Status made = MakeLinkAt(tree.root.get(), L"termination-log", tree / "log", false);
  INFO(made.ToString());
  REQUIRE(made.ok());
  {
    auto file = OpenPath(tree / "tree/termination-log", GENERIC_WRITE, OPEN_EXISTING);
    REQUIRE(file.ok());
    REQUIRE(WriteAll(file->get(), "done", "it").ok());
  }
  CHECK(*ReadFile(tree / "log") == "done");
  CHECK(RemoveLinkAt(tree.root.get(), L"termination-log").ok());
  CHECK(*ReadFile(tree / "log") == "done");
}

TEST_CASE("removing a tree does not empty what its links lead to") {
  Tree tree;
  REQUIRE(MakeDirectories(tree / "outside").ok());
  REQUIRE(WriteFileAtomic(tree / "outside/file", "theirs").ok());
  REQUIRE(MakeLinkAt(tree.root.get(), L"link", tree / "outside", true).ok());
  tree.root.Reset();
  const Status removed = RemoveTree(tree / "tree");
  CHECK(*ReadFile(tree / "outside/file") == "theirs");
  // Under Wine the link must be removed first.
  CHECK(removed.ok() != RunsUnderWine());
  auto root = OpenPath(tree / "tree", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  if (root.ok()) CHECK(RemoveLinkAt(root->get(), L"link").ok());
}

TEST_CASE("a directory that is no link is not removed as one") {
  Tree tree;
  REQUIRE(MakeDirectories(tree / "tree/real").ok());
  CHECK(absl::IsFailedPrecondition(RemoveLinkAt(tree.root.get(), L"real")));
  CHECK(PathExists(tree / "tree/real"));
}

}  // namespace
}  // namespace jobpod
