#include <winternl.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "image/layer_test_tools.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod::test {
namespace {

// Layers bottom first, unpacked and put together.
struct Merged {
  Status Add(const std::vector<TarItem>& items, bool windows = true) {
    const std::string path = files / ("layer-" + std::to_string(layers.size()));
    REQUIRE(MakeDirectories(path).ok());
    layers.push_back(path);
    return Unpack(Gzip(Tar(items)), path, windows).status();
  }
  Status Copy() {
    REQUIRE(MakeDirectories(files / "copy").ok());
    return CopyLayers(layers, files / "copy");
  }
  std::string Read(const std::string& name) { return ReadFile(files / ("copy/" + name)).value_or("missing"); }
  bool Has(const std::string& name) { return PathExists(files / ("copy/" + name)); }

  TemporaryDirectory files;
  std::vector<std::string> layers;
};

std::string Refusal(const std::string& name, char type = '0', const std::string& link = "") {
  TemporaryDirectory directory;
  const Status status =
      Unpack(Gzip(Tar({{.name = "Files/", .type = '5'}, {.name = name, .type = type, .link = link}})),
             directory.path(), true)
          .status();
  CHECK(absl::IsInvalidArgument(status));
  return std::string(status.message());
}

bool Says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("a Windows layer is the tree below Files; hives and the utility machine are left out") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files", .type = '5'},
                     {.name = "Files/app", .type = '5'},
                     {.name = "Files/app/tool.exe", .content = "tool"},
                     {.name = "Files/app/tool.exe:Zone.Identifier", .content = "stream"},
                     {.name = "Hives", .type = '5'},
                     {.name = "Hives/Sam_Delta", .content = "hive"},
                     {.name = "UtilityVM/Files/x", .content = "vm"}})
              .ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read("app/tool.exe") == "tool");
  CHECK_FALSE(image.Has("Hives"));
  CHECK_FALSE(image.Has("UtilityVM"));
  CHECK_FALSE(image.Has("Files"));
}

TEST_CASE("a layer for Windows without Files says how to build it") {
  Merged image;
  CHECK(Says(std::string(image.Add({{.name = "bin/x", .content = "x"}}).message()), "docker buildx"));
}

TEST_CASE("whiteouts take away what the layers below have, and nothing of their own layer") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/a/one", .content = "1"},
                     {.name = "Files/a/two", .content = "2"},
                     {.name = "Files/b/deep/x", .content = "x"},
                     {.name = "Files/c/old", .content = "old"},
                     {.name = "Files/d/old", .content = "old"}})
              .ok());
  REQUIRE(image.Add({{.name = "Files/a/.wh.one", .content = ""},
                     {.name = "Files/.wh.B", .content = ""},
                     {.name = "Files/c/.wh..wh..opq", .content = ""},
                     {.name = "Files/c/new", .content = "new"},
                     {.name = "Files/d/new", .content = "new"},
                     {.name = "Files/.wh.d", .content = ""}})
              .ok());
  REQUIRE(image.Copy().ok());
  CHECK_FALSE(image.Has("a/one"));
  CHECK(image.Read("a/two") == "2");
  CHECK_FALSE(image.Has("b"));
  CHECK_FALSE(image.Has("c/old"));
  CHECK(image.Read("c/new") == "new");
  CHECK_FALSE(image.Has("d/old"));
  CHECK(image.Read("d/new") == "new");
  CHECK_FALSE(image.Has("a/.wh.one"));
}

TEST_CASE("layers meet whatever the case of their names") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/Windows/System32/a", .content = "a"}}).ok());
  REQUIRE(image.Add({{.name = "Files/windows/SYSTEM32/b", .content = "b"},
                     {.name = "Files/WINDOWS/system32/A", .content = "A"}})
              .ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read("Windows/System32/a") == "A");
  CHECK(image.Read("Windows/System32/b") == "b");
}

TEST_CASE("files of one layer whose names differ only in case are refused") {
  Merged image;
  const Status status = image.Add({{.name = "Files/README", .content = "1"}, {.name = "Files/readme", .content = "2"}});
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(std::string(status.message()), "only in case"));
}

TEST_CASE("an entry that comes twice stands as it came last") {
  Merged image;
  const Status added = image.Add({{.name = "Files/a", .content = "1"},
                     {.name = "Files/a", .content = "2"},
                     {.name = "Files/b", .content = "file"},
                     {.name = "Files/b", .type = '5'},
                     {.name = "Files/b/x", .content = "x"}});
  INFO(added.ToString());
  REQUIRE(added.ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read("a") == "2");
  CHECK(image.Read("b/x") == "x");
}

TEST_CASE("a file, a hard link or a directory takes the place of a link of the same layer") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/real", .content = "real"},
                     {.name = "Files/file", .type = '2', .link = "real"},
                     {.name = "Files/hard", .type = '2', .link = "real"},
                     {.name = "Files/directory", .type = '2', .link = "real"},
                     {.name = "Files/other", .content = "other"},
                     {.name = "Files/file", .content = "file"},
                     {.name = "Files/hard", .type = '1', .link = "Files/other"},
                     {.name = "Files/directory", .type = '5'}})
              .ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read("file") == "file");
  CHECK(image.Read("hard") == "other");
  CHECK(image.Has("directory"));
  CHECK(image.Read("directory") == "missing");
  CHECK(image.Read("real") == "real");
}

TEST_CASE("names that Windows cannot open are refused") {
  CHECK(Says(Refusal("Files/CON"), "device"));
  CHECK(Says(Refusal("Files/a/nul.txt"), "device"));
  CHECK(Says(Refusal("Files/a./b"), "dot or a space"));
  CHECK(Says(Refusal("Files/b "), "dot or a space"));
  CHECK(Says(Refusal("Files/x:y/z"), "character"));
  CHECK(Says(Refusal("Files/a\\..\\b"), "character"));
  CHECK(Says(Refusal("Files/../b"), "\"..\""));
  CHECK(Says(Refusal("Files/bad\xFFname"), "UTF-8"));
  CHECK(Says(Refusal("Files/dev", '3'), "device nodes"));
  CHECK(Says(Refusal("Files/fifo", '6'), "named pipe"));
  CHECK(Says(Refusal("Files/hard", '1', "Hives/x"), "outside Files"));
  CHECK(Says(Refusal("Files/hard", '1', "Files/../../x"), "\"..\""));
  CHECK(Says(Refusal("Files/hard", '1', "Files/none"), "no such file"));
}

TEST_CASE("a mark is the last part of a path, as the archive spells it, and nothing else") {
  CHECK(Says(Refusal("Files/.wh..wh.ln.x/y"), "mark of a whiteout"));
  CHECK(Says(Refusal("Files/.wh.x/y"), "mark of a whiteout"));
  CHECK(Says(Refusal("Files/.WH..wh.ln.foo"), "mark of a whiteout"));
  CHECK(Says(Refusal("Files/a/.Wh.gone"), "mark of a whiteout"));
  CHECK(Says(Refusal("Files/hard", '1', "Files/.wh..wh.ln.x"), "mark of a whiteout"));
}

TEST_CASE("a directory is not entered by the short name that the file system gives it") {
  TemporaryDirectory directory;
  REQUIRE(Unpack(Gzip(Tar({{.name = "Files/a long name of a directory/x", .content = "x"}})), directory.path(), true).ok());
  const std::wstring path = Wide(directory / "a long name of a directory");
  wchar_t text[MAX_PATH];
  REQUIRE(GetShortPathNameW(path.c_str(), text, MAX_PATH) != 0);
  const std::string whole = Utf8(text), name = whole.substr(whole.find_last_of("\\/") + 1);
  INFO(whole);
  if (name.find('~') == std::string::npos) return;  // a volume without short names
  const Status status =
      Unpack(Gzip(Tar({{.name = "Files/" + name + "/y", .content = "y"}})), directory.path(), true).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(std::string(status.message()), "short name"));
}

TEST_CASE("a path through a file or a link of the same layer is refused") {
  Merged file, link;
  CHECK(Says(std::string(file.Add({{.name = "Files/a", .content = "x"}, {.name = "Files/a/b", .content = "y"}}).message()),
             "no directory"));
  CHECK(Says(std::string(link.Add({{.name = "Files/a", .type = '2', .link = "C:\\\\Windows"},
                                   {.name = "Files/a/b", .content = "y"}})
                             .message()),
             "symbolic link"));
}

TEST_CASE("a layer's tree has no links, and a container's copy only such as stay inside") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/data", .type = '5'},
                     {.name = "Files/data/file", .content = "content"},
                     {.name = "Files/link", .type = '2', .link = "data\\file"},
                     {.name = "Files/data/out", .type = '2', .link = "C:\\Windows\\win.ini"},
                     {.name = "Files/data/up", .type = '2', .link = "..\\..\\..\\..\\data\\file"}})
              .ok());
  auto layer = OpenDirectory(image.layers[0]);
  REQUIRE(layer.ok());
  const auto entries = ListEntries(layer->get());
  REQUIRE(entries.ok());
  for (const DirectoryEntry& entry : *entries) CHECK_FALSE(entry.IsLink());
  const Status copied = image.Copy();
  INFO(copied.ToString());
  REQUIRE(copied.ok());
  CHECK(image.Read("link") == "content");
  CHECK(image.Read("data/up") == "content");
  CHECK(image.Read("data/out") == "missing");
}

TEST_CASE("a link of one layer gives way to a directory of the next, and the other way round") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/real/x", .content = "x"},
                     {.name = "Files/a", .type = '2', .link = "real"},
                     {.name = "Files/b/y", .content = "y"},
                     {.name = "Files/gone", .type = '2', .link = "real\\x"}})
              .ok());
  REQUIRE(image.Add({{.name = "Files/a/own", .content = "own"},
                     {.name = "Files/b", .type = '2', .link = "real\\x"},
                     {.name = "Files/.wh.gone"}})
              .ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read("a/own") == "own");
  CHECK(image.Read("real/own") == "missing");
  CHECK(image.Read("b") == "x");
  CHECK_FALSE(image.Has("gone"));
}

TEST_CASE("hard links are one file in the layer and in the copy") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/a/one", .content = "1"}, {.name = "Files/two", .type = '1', .link = "Files/a/one"}})
              .ok());
  REQUIRE(image.Copy().ok());
  auto one = OpenPath(image.files / "copy/a/one", GENERIC_READ, OPEN_EXISTING);
  auto two = OpenPath(image.files / "copy/two", GENERIC_READ, OPEN_EXISTING);
  REQUIRE((one.ok() && two.ok()));
  CHECK(IsSameFile(one->get(), two->get()));
}

TEST_CASE("times and attributes are the layer's, and read-only files go with the container") {
  Merged image;
  REQUIRE(image.Add({{.name = "Files/a", .content = "x", .mtime = 1'500'000'000, .pax = {{"MSWINDOWS.fileattr", "33"}}}})
              .ok());
  REQUIRE(image.Copy().ok());
  auto path = LongPath(image.files / "copy/a");
  CHECK((GetFileAttributesW(path->c_str()) & FILE_ATTRIBUTE_READONLY) != 0);
  auto file = OpenPath(image.files / "copy/a", GENERIC_READ, OPEN_EXISTING);
  FILETIME written{};
  REQUIRE(GetFileTime(file->get(), nullptr, nullptr, &written));
  const uint64_t ticks = uint64_t{written.dwHighDateTime} << 32 | written.dwLowDateTime;
  CHECK(ticks == (11'644'473'600ull + 1'500'000'000ull) * 10'000'000ull);
  file->Reset();
  CHECK(RemoveTree(image.files / "copy").ok());
}

TEST_CASE("paths beyond 260 characters are unpacked, copied and removed") {
  Merged image;
  std::string deep = "Files";
  for (int i = 0; i < 20; ++i) deep += "/" + std::string(40, static_cast<char>('a' + i));
  REQUIRE(image.Add({{.name = "x", .type = '0', .content = "deep", .pax = {{"path", deep + "/file"}}}}).ok());
  REQUIRE(image.Copy().ok());
  CHECK(image.Read(deep.substr(6) + "/file") == "deep");
  CHECK(RemoveTree(image.files / "copy").ok());
  CHECK_FALSE(image.Has(""));
}

}  // namespace
}  // namespace jobpod::test
