#include "base/file_windows.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

TEST_CASE("errors of Win32 have the kind of their cause and its text") {
  Status missing = Win32Status(ERROR_FILE_NOT_FOUND, "open C:\\x");
  CHECK(absl::IsNotFound(missing));
  CHECK(std::string(missing.message()).starts_with("open C:\\x: "));
  CHECK(std::string(missing.message()).find("(error 2)") != std::string::npos);
  CHECK(absl::IsPermissionDenied(Win32Status(ERROR_ACCESS_DENIED, "x")));
  CHECK(absl::IsResourceExhausted(Win32Status(ERROR_DISK_FULL, "x")));
}

TEST_CASE("an error is still there after its status has been made, also one without a text") {
  for (const DWORD error : {DWORD{1920}, DWORD{ERROR_ACCESS_DENIED}, DWORD{0xE0001234}}) {
    SetLastError(error);
    const Status status = LastErrorStatus("look");
    CHECK(GetLastError() == error);
  }
}

TEST_CASE("text is the same after UTF-16 and back") {
  const std::string text =
      "C:\\Pr\xc3\xbc"
      "fung\\\xe6\x97\xa5\xe6\x9c\xac\\\xf0\x9f\x98\x80";
  CHECK(Utf8(Wide(text)) == text);
  CHECK(Utf8(L"").empty());
  CHECK(Wide("").empty());
}

TEST_CASE("paths become absolute and long ones are no obstacle") {
  CHECK(*LongPath("C:/a/b") == L"\\\\?\\C:\\a\\b");
  CHECK(*LongPath("\\\\server\\share\\x") == L"\\\\?\\UNC\\server\\share\\x");
  CHECK(*LongPath("\\\\?\\C:\\a") == L"\\\\?\\C:\\a");
  CHECK(absl::IsInvalidArgument(LongPath("").status()));
  TemporaryDirectory directory;
  std::string deep = directory.path;
  for (int i = 0; i < 12; ++i) deep += "/" + std::string(40, 'd');
  REQUIRE(MakeDirectories(deep).ok());
  REQUIRE(WriteFileAtomic(deep + "/file", "text").ok());
  CHECK(*ReadFile(deep + "/file") == "text");
  const Status removed = RemoveTree(directory.path);
  CAPTURE(removed.ToString());
  CHECK(removed.ok());
  CHECK_FALSE(std::filesystem::exists(directory.path));
}

// As a scanner does: for a moment, without sharing its deletion.
TEST_CASE("a file that is open for a moment is replaced, and a tree with one is renamed") {
  TemporaryDirectory directory;
  const std::string file = directory.path + "\\tree\\file";
  REQUIRE(MakeDirectories(directory.path + "\\tree").ok());
  REQUIRE(WriteFileAtomic(file, "old").ok());
  const auto hold = [&] {
    return Handle(CreateFileW(Wide(file).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
  };
  const auto let_go = [](Handle held) {
    return std::jthread([kept = std::make_shared<Handle>(std::move(held))] {
      Sleep(3 * kBusyPause);
      kept->Reset();
    });
  };
  {
    const std::jthread scanner = let_go(hold());
    const Status replaced = WriteFileAtomic(file, "new");
    CAPTURE(replaced.ToString());
    CHECK(replaced.ok());
  }
  CHECK(*ReadFile(file) == "new");
  const std::jthread scanner = let_go(hold());
  const Status renamed = RenamePath(directory.path + "\\tree", directory.path + "\\moved");
  CAPTURE(renamed.ToString());
  CHECK(renamed.ok());
}

TEST_CASE("only a plain name is opened below a directory") {
  TemporaryDirectory directory;
  REQUIRE(MakeDirectories(directory.path + "/in").ok());
  REQUIRE(WriteFileAtomic(directory.path + "/file", "x").ok());
  auto root = OpenDirectory(directory.path + "/in");
  REQUIRE(root.ok());
  for (const wchar_t* name : {L"..\\file", L"../file", L"..", L".", L"", L"file:stream", L"\\windows"}) {
    CHECK(absl::IsInvalidArgument(OpenAt(root->get(), name, GENERIC_READ, FILE_OPEN_IF, 0).status()));
  }
  CHECK(OpenAt(root->get(), L"new", GENERIC_WRITE | SYNCHRONIZE, FILE_CREATE, FILE_NON_DIRECTORY_FILE).ok());
  CHECK(std::filesystem::exists(directory.path + "/in/new"));
  CHECK(absl::IsAlreadyExists(
      OpenAt(root->get(), L"NEW", GENERIC_WRITE | SYNCHRONIZE, FILE_CREATE, 0).status()));
}

TEST_CASE("read-only files are removed with their tree") {
  TemporaryDirectory directory;
  REQUIRE(MakeDirectories(directory.path + "/tree/a").ok());
  REQUIRE(WriteFileAtomic(directory.path + "/tree/a/file", "x").ok());
  auto path = LongPath(directory.path + "/tree/a/file");
  REQUIRE(SetFileAttributesW(path->c_str(), FILE_ATTRIBUTE_READONLY));
  Status removed = RemoveTree(directory.path + "/tree");
  CAPTURE(removed.ToString());
  CHECK(removed.ok());
  CHECK_FALSE(std::filesystem::exists(directory.path + "/tree"));
}

TEST_CASE("a file in use keeps its tree, is named, and goes when it is free") {
  TemporaryDirectory directory;
  REQUIRE(MakeDirectories(directory.path + "/tree/a").ok());
  REQUIRE(WriteFileAtomic(directory.path + "/tree/a/held.dll", "x").ok());
  const auto path = LongPath(directory.path + "/tree/a/held.dll");
  Handle holder(CreateFileW(path->c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
  REQUIRE(holder);
  const Status refused = RemoveTree(directory.path + "/tree");
  CHECK(absl::IsPermissionDenied(refused));
  CHECK(std::string(refused.message()).find("held.dll") != std::string::npos);
  holder.Reset();
  CHECK(RemoveTree(directory.path + "/tree").ok());
}

// Longer than what a single file is waited for: the length of time is the behaviour.
TEST_CASE("a tree in use is renamed when it is free") {
  TemporaryDirectory directory;
  const std::string from = directory.path + "/partial", to = directory.path + "/tree";
  REQUIRE(MakeDirectories(from).ok());
  REQUIRE(WriteFileAtomic(from + "/file", "x").ok());
  const auto path = LongPath(from);
  Handle holder(CreateFileW(path->c_str(), FILE_LIST_DIRECTORY, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                            FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  REQUIRE(holder);
  const std::jthread releasing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2 * kBusyAttempts * kBusyPause));
    holder.Reset();
  });
  const Status renamed = RenamePath(from, to);
  INFO(renamed.ToString());
  CHECK(renamed.ok());
  CHECK(*ReadFile(to + "/file") == "x");
}

// POSIX rename is Windows 10 1709's; Wine has none.
TEST_CASE("a file that somebody reads is replaced whole, or refused and left whole") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "/file";
  REQUIRE(WriteFileAtomic(path, "one").ok());
  auto reader = OpenPath(path, GENERIC_READ, OPEN_EXISTING);
  REQUIRE(reader.ok());
  Status replaced = WriteFileAtomic(path, "two");
  if (!replaced.ok()) WARN("this system has no POSIX rename: " << replaced.ToString());
  CHECK(*ReadFile(path) == (replaced.ok() ? "two" : "one"));
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path), {}) == 1);
}

}  // namespace
}  // namespace jobpod
