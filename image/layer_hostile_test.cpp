// What an archive may try, and the one clear error it gets.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

// A layer's directory inside another one that must stay as it is.
struct Arena {
  TemporaryDirectory outer;
  std::string layer = outer / "layer", secret = outer / "secret";
  Arena() {
    fs::create_directory(layer);
    REQUIRE(WriteFileAtomic(secret, "untouched") == absl::OkStatus());
  }
  ~Arena() {
    CHECK(ReadFile(secret).value_or("gone") == "untouched");
    CHECK(std::distance(fs::directory_iterator(outer.path()), {}) == 2);
  }
  Status Try(const std::string& blob, const UnpackLimits& limits = {}, bool windows = false) const {
    return Unpack(blob, layer, windows, limits).status();
  }
};

void CheckRefused(const Status& status, absl::StatusCode code, const std::string& words) {
  INFO(status.ToString());
  CHECK(status.code() == code);
  CHECK_THAT(std::string(Message(status)), Contains(words));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

TEST_CASE("an entry with .. is refused by name") {
  for (std::string name : {"../secret", "a/../../secret", "..", "a/..", "/../secret"}) {
    Arena arena;
    Status status = arena.Try(Tar({{.name = name, .content = "x"}}));
    CheckRefused(status, kInvalid, "\"" + name + "\"");
    CheckRefused(status, kInvalid, "\"..\"");
  }
}

TEST_CASE("an absolute name is taken relative to the layer") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "//etc/./x", .content = "1"},
                         {.name = "/l", .type = '1', .link = "/etc/x"}})) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/etc/x").value() == "1");
  CHECK(ReadFile(arena.layer + "/l").value() == "1");
}

TEST_CASE("a file through a link of its layer lands where the link leads, as if the layer were /") {
  const std::map<std::string, std::string> cases = {{"..", "secret"},
                                                    {"/", "secret"},
                                                    {"/tmp", "tmp/secret"},
                                                    {"real", "real/secret"},
                                                    {"../../..", "secret"},
                                                    {"real/./deep/../x/", "real/x/secret"},
                                                    {"second", "real/secret"}};
  for (const auto& [target, place] : cases) {
    INFO(target);
    Arena arena;
    REQUIRE(arena.Try(Tar({{.name = "real/", .type = '5', .mode = 0755},
                           {.name = "second", .type = '2', .link = "/real"},
                           {.name = "link", .type = '2', .link = target},
                           {.name = "link/secret", .content = "x"}})) == absl::OkStatus());
    CHECK(ReadFile(arena.layer + "/" + place).value_or("missing") == "x");
    CHECK(fs::is_symlink(arena.layer + "/link"));
  }
}

TEST_CASE("directories, whiteouts and hard links go through links of their layer") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "lib", .type = '2', .link = "/usr/lib"},
                         {.name = "lib/a/", .type = '5', .mode = 0700},
                         {.name = "lib/a/f", .content = "x"},
                         {.name = "lib/g", .type = '1', .link = "lib/a/f"},
                         {.name = "lib/.wh.gone"}})) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/usr/lib/g").value() == "x");
  CHECK(fs::status(arena.layer + "/usr/lib/a").permissions() == fs::perms(0700));
  CHECK(fs::is_character_file(arena.layer + "/usr/lib/gone"));
}

TEST_CASE("links that lead in a circle are refused") {
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "a", .type = '2', .link = "b"},
                              {.name = "b", .type = '2', .link = "a"},
                              {.name = "a/x", .content = "1"}})),
               kInvalid, "too many symbolic links");
}

TEST_CASE("a file takes the place of a planted symlink and does not follow it") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "x", .type = '2', .link = "../secret"},
                         {.name = "x", .content = "mine"}})) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/x").value() == "mine");
  CHECK_FALSE(fs::is_symlink(arena.layer + "/x"));
}

TEST_CASE("a directory takes the place of a planted symlink and leaves its target's mode alone") {
  Arena arena;
  auto before = fs::status(arena.outer.path()).permissions();
  REQUIRE(arena.Try(Tar({{.name = "x", .type = '2', .link = ".."},
                         {.name = "x", .type = '5', .mode = 0777},
                         {.name = "x/y", .content = "1"}})) == absl::OkStatus());
  CHECK(fs::status(arena.outer.path()).permissions() == before);
  CHECK(ReadFile(arena.layer + "/x/y").value() == "1");
}

TEST_CASE("a directory swapped for a symlink between two entries leads nowhere outside") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "d/", .type = '5', .mode = 0755},
                         {.name = "d/a", .content = "1"},
                         {.name = "d", .type = '2', .link = ".."},
                         {.name = "d/secret", .content = "x"}})) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/secret").value() == "x");
}

TEST_CASE("a directory swapped for a symlink and back is the new directory") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "d/a/b", .content = "1"},
                         {.name = "d", .type = '2', .link = ".."},
                         {.name = "d", .type = '5', .mode = 0755},
                         {.name = "d/secret", .content = "x"}})) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/d/secret").value() == "x");
  CHECK_FALSE(fs::exists(arena.layer + "/d/a"));
}

TEST_CASE("a hard link cannot reach outside") {
  for (std::string target :
       {"../secret", "../../etc/passwd", "up/secret", "/etc/passwd", "missing", "dir", ""}) {
    Arena arena;
    Status status = arena.Try(Tar({{.name = "up", .type = '2', .link = ".."},
                                   {.name = "dir/", .type = '5', .mode = 0755},
                                   {.name = "stolen", .type = '1', .link = target}}));
    CheckRefused(status, kInvalid, "\"stolen\"");
    CheckRefused(status, kInvalid, "link it to \"" + target + "\"");
  }
}

TEST_CASE("a hard link to a planted symlink links the symlink itself") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "s", .type = '2', .link = "../secret"},
                         {.name = "h", .type = '1', .link = "s"},
                         {.name = "h", .content = "mine"}})) == absl::OkStatus());
  CHECK(fs::read_symlink(arena.layer + "/s") == "../secret");
  CHECK(ReadFile(arena.layer + "/h").value() == "mine");
}

TEST_CASE("a hard link to itself is harmless") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "f", .content = "1"}, {.name = "f", .type = '1', .link = "./f"}})) ==
          absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/f").value() == "1");
}

TEST_CASE("a file used as a directory is refused") {
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "f", .content = "1"}, {.name = "f/g", .content = "2"}})), kInvalid,
               "no directory");
}

TEST_CASE("device nodes are refused by name") {
  for (char type : {'3', '4'}) {
    Arena arena;
    Status status = arena.Try(Tar({{.name = "dev/sda", .type = type}}));
    CheckRefused(status, kInvalid, "\"dev/sda\"");
    CheckRefused(status, kInvalid, "device");
  }
}

TEST_CASE("sparse files and unknown types are refused by name") {
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "hole", .type = 'S'}})), kInvalid, "sparse");
  CheckRefused(arena.Try(Tar({{.name = "hole", .pax = {{"GNU.sparse.major", "1"}}}})), kInvalid, "sparse");
  CheckRefused(arena.Try(Tar({{.name = "odd", .type = 'M'}})), kInvalid, "unknown");
}

TEST_CASE("names that are too long, too deep or contain a NUL are refused") {
  std::string deep;
  for (int level = 0; level < 300; ++level) deep += "d/";
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "p", .pax = {{"path", std::string(256, 'n')}}}})), kInvalid,
               "255 bytes");
  CheckRefused(arena.Try(Tar({{.name = "p", .pax = {{"path", deep + "x"}}}})), kInvalid, "deeper");
  CheckRefused(arena.Try(Tar({{.name = "p", .pax = {{"path", std::string(5000, '/') + "x"}}}})), kInvalid,
               "too long");
  CheckRefused(arena.Try(Tar({{.name = "p", .pax = {{"path", std::string("a\0b", 3)}}}})), kInvalid, "NUL");
  CheckRefused(arena.Try(Tar({{.name = "l", .type = '2', .pax = {{"linkpath", std::string(5000, 'x')}}}})),
               kInvalid, "too long");
}

TEST_CASE("control characters of a name do not reach the error") {
  Arena arena;
  Status status = arena.Try(Tar({{.name = "a\n\x1b[31m/.."}}));
  CheckRefused(status, kInvalid, "\\x0a\\x1b[31m");
}

TEST_CASE("a whiteout that names nothing is refused") {
  for (std::string name : {".wh.", ".wh..", ".wh...", "a/.wh..."}) {
    Arena arena;
    CheckRefused(arena.Try(Tar({{.name = name}})), kInvalid, "names nothing");
  }
}

TEST_CASE("a whiteout through a planted symlink stays inside") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "up", .type = '2', .link = ".."},
                         {.name = "up/.wh.secret"},
                         {.name = "up/.wh..wh..opq"}})) == absl::OkStatus());
  CHECK(fs::is_character_file(arena.layer + "/secret"));
}

TEST_CASE("the root cannot be replaced") {
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "./", .type = '2', .link = "/"}})), kInvalid, "root");
  CheckRefused(arena.Try(Tar({{.name = "/", .type = '1', .link = "x"}})), kInvalid, "root");
  CHECK(fs::is_directory(fs::symlink_status(arena.layer)));
}

TEST_CASE("an owner the kernel would ignore is refused") {
  Arena arena;
  CheckRefused(arena.Try(Tar({{.name = "x", .pax = {{"uid", "4294967295"}}}})), kInvalid, "owner");
}

TEST_CASE("ten gigabytes of zeros stop at the limit") {
  // One gzip member of 64 MiB of zeros, as often as it takes for 10 GiB: 160 times 64 KiB.
  std::string tar = TarHeaderBlock({.name = "zeros"}, 8'000'000'000);
  std::string blob = Gzip(tar), zeros = Gzip(std::string(64u << 20, '\0'), 9);
  size_t given = 0, member = 0, at = 0;
  ByteSource source = [&](char* buffer, size_t size) -> StatusOr<size_t> {
    const std::string& part = member == 0 ? blob : zeros;
    size_t count = std::min(size, part.size() - at);
    memcpy(buffer, part.data() + at, count);
    at += count;
    given += count;
    if (at == part.size()) at = 0, ++member;
    return member > 160 ? 0 : count;
  };
  Arena arena;
  UnpackBudget budget({.max_bytes = 100u << 20});
  // Announced already: nothing is written.
  CheckRefused(UnpackLayer(source, arena.layer, false, budget, {}).status(), kExhausted, "104857600");
  CHECK(given < zeros.size() * 8);
  // Not announced: zeros behind the end of the archive count as well.
  Arena second;
  blob = Gzip(Tar({{.name = "a"}}));
  given = member = at = 0;
  CheckRefused(UnpackLayer(source, second.layer, false, budget, {}).status(), kExhausted, "104857600");
  CHECK(member < 8);
}

TEST_CASE("a file may be as large as the limit leaves room for") {
  std::string tar = Tar({{.name = "f", .content = std::string(10'000, 'x')}});
  Arena fits, tight;
  CHECK(fits.Try(tar, {.max_bytes = tar.size()}) == absl::OkStatus());
  CheckRefused(tight.Try(tar, {.max_bytes = tar.size() - 1}), kExhausted, "unpacks to more");
}

TEST_CASE("too many entries and too many implied directories stop at the limit") {
  std::vector<TarItem> items;
  for (int file = 0; file < 20; ++file) items.push_back({.name = "f" + std::to_string(file)});
  Arena arena;
  CheckRefused(arena.Try(Tar(items), {.max_entries = 19}), kExhausted, "19");
  CHECK(Arena().Try(Tar(items), {.max_entries = 20}) == absl::OkStatus());
  CheckRefused(Arena().Try(Tar({{.name = "a/b/c/d/e/f"}, {.name = "b/c/d/e/f/g"}}), {.max_entries = 8}),
               kExhausted, "8");
}

TEST_CASE("a layer of another compression is refused by its name") {
  Arena arena;
  CheckRefused(arena.Try("BZh91AY&SY" + std::string(600, 'x')), kInvalid, "bzip2");
  CheckRefused(arena.Try(std::string("\xFD"
                                     "7zXZ\0",
                                     6) +
                         std::string(600, 'x')),
               kInvalid, "xz");
  CheckRefused(arena.Try(std::string(2000, 'x')), kInvalid, "no tar header");
}

TEST_CASE("a layer cut off anywhere is an error and not a smaller layer") {
  std::string tar =
      Tar({{.name = "a/", .type = '5', .mode = 0755},
           {.name = "a/f", .content = std::string(700, 'x'), .pax = {{"SCHILY.xattr.user.k", "v"}}}});
  for (size_t keep : {100u, 600u, 1100u, 2000u, 2100u, 2700u}) {
    INFO(keep);
    Arena arena;
    CheckRefused(arena.Try(tar.substr(0, keep)), absl::StatusCode::kDataLoss, "cut off at offset");
  }
  std::string gzip = Gzip(tar), zstd = Zstd(tar);
  for (size_t less = 1; less < 40; ++less) {
    CheckRefused(Arena().Try(gzip.substr(0, gzip.size() - less)), absl::StatusCode::kDataLoss, "ends early");
    CheckRefused(Arena().Try(zstd.substr(0, zstd.size() - less)), absl::StatusCode::kDataLoss, "ends early");
  }
}

TEST_CASE("a source's own error comes through") {
  ByteSource source = [](char*, size_t) -> StatusOr<size_t> {
    return absl::UnavailableError("registry is away");
  };
  Arena arena;
  UnpackBudget budget({});
  CheckRefused(UnpackLayer(source, arena.layer, false, budget, {}).status(), absl::StatusCode::kUnavailable,
               "away");
}

TEST_CASE("unpacking stops soon after it is cancelled") {
  std::stop_source stop;
  std::string tar = TarHeaderBlock({.name = "endless"}, 60ull << 30);
  uint64_t given = 0;
  ByteSource source = [&](char* buffer, size_t size) -> StatusOr<size_t> {
    size_t part = std::min(size, given == 0 ? tar.size() : size);
    given == 0 ? memcpy(buffer, tar.data(), part) : memset(buffer, 'x', part);
    given += part;
    if (given > 5u << 20) stop.request_stop();
    return part;
  };
  Arena arena;
  UnpackBudget budget({});
  CheckRefused(UnpackLayer(source, arena.layer, false, budget, stop.get_token()).status(),
               absl::StatusCode::kCancelled, "cancelled");
  CHECK(given < 8u << 20);
}

TEST_CASE("a Windows layer gives its Files tree only") {
  Arena arena;
  std::string tar = Tar({{.name = "Files", .type = '5', .mode = 0},
                         {.name = "Files/a.exe",
                          .content = "MZ",
                          .mode = 0,
                          .pax = {{"MSWINDOWS.fileattr", "32"}, {"MSWINDOWS.rawsd", "AQAEgBQ="}}},
                         {.name = "Files/dir/b", .type = '1', .link = "Files/a.exe"},
                         {.name = "Files/dir/.wh.gone"},
                         {.name = "Hives/System_Delta", .content = "hive"},
                         {.name = "UtilityVM/Files/x", .content = "x"},
                         {.name = "Filesystem", .content = "x"},
                         {.name = ".wh.Files"}});
  REQUIRE(arena.Try(tar, {}, true) == absl::OkStatus());
  CHECK(ReadFile(arena.layer + "/dir/b").value() == "MZ");
  CHECK(fs::status(arena.layer + "/a.exe").permissions() == fs::perms(0755));
  CHECK(fs::status(arena.layer).permissions() == fs::perms(0755));
  CHECK(fs::is_character_file(arena.layer + "/dir/gone"));
  CHECK(std::distance(fs::directory_iterator(arena.layer), {}) == 2);
  Arena second;
  CheckRefused(second.Try(Tar({{.name = "Files/l", .type = '1', .link = "Hives/System_Delta"}}), {}, true),
               kInvalid, "outside Files");
  CheckRefused(second.Try(Tar({{.name = "Files/../x"}}), {}, true), kInvalid, "..");
}

TEST_CASE("links of a Windows layer lead to the same place of its tree, never outside") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"(C:\Users\Default)", "../Users/Default"},
      {R"(\??\C:\ProgramData)", "../ProgramData"},
      {R"(\\?\D:\x\..\y)", "../y"},
      {R"(..\ProgramData)", "../ProgramData"},
      {R"(..\..\..\..\secret)", "../secret"},
      {"/secret", "../secret"},
      {R"(C:\)", ".."},
      {"Default", "Default"},
      {R"(C:\Users\Default\x)", "../Users/Default/x"}};
  for (const auto& [target, link] : cases) {
    INFO(target);
    Arena arena;
    REQUIRE(arena.Try(Tar({{.name = "Files/links/l",
                            .type = '2',
                            .link = target,
                            .pax = {{"MSWINDOWS.fileattr", "1040"}, {"MSWINDOWS.mountpoint", "1"}}}}),
                      {}, true) == absl::OkStatus());
    const std::string found = fs::read_symlink(arena.layer + "/links/l");
    CHECK((found == link || found + "/" == link || found == link + "/"));
  }
}

TEST_CASE("alternate data streams are left out, and a layer without Files is no Windows layer") {
  Arena arena;
  REQUIRE(arena.Try(Tar({{.name = "Files/a.exe", .content = "MZ"},
                         {.name = "Files/a.exe:Zone.Identifier", .content = "[ZoneTransfer]"}}),
                    {}, true) == absl::OkStatus());
  CHECK(std::distance(fs::directory_iterator(arena.layer), {}) == 1);
  CHECK(Arena().Try(Tar({{.name = "Hives/System_Delta", .content = "h"}}), {}, true) == absl::OkStatus());
  CHECK(Arena().Try(Tar({}), {}, true) == absl::OkStatus());
  CheckRefused(Arena().Try(Tar({{.name = "app/a.exe", .content = "MZ"}}), {}, true), kInvalid, "no Files");
}

}  // namespace
}  // namespace jobpod::test
