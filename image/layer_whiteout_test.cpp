#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/scope_exit.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

// What stands below `root`: relative path, then its content, "dir" or "-> target".
std::map<std::string, std::string> Listing(const std::string& root) {
  std::map<std::string, std::string> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    std::string path = entry.path().lexically_relative(root);
    if (entry.is_symlink()) {
      found[path] = "-> " + fs::read_symlink(entry.path()).string();
    } else {
      found[path] = entry.is_directory() ? "dir" : ReadFile(entry.path()).value_or("not a file");
    }
  }
  return found;
}

TarItem Dir(const std::string& name) {
  return {.name = name, .type = '5', .mode = 0755};
}
TarItem File(const std::string& name, const std::string& content) {
  return {.name = name, .content = content};
}

const std::vector<TarItem> kLower = {Dir("etc"),
                                     File("etc/a", "lower a"),
                                     File("etc/b", "lower b"),
                                     Dir("var"),
                                     File("var/old", "old"),
                                     Dir("same"),
                                     File("same/x", "lower"),
                                     Dir("back"),
                                     File("back/x", "lower"),
                                     Dir("tree"),
                                     Dir("tree/deep"),
                                     File("tree/deep/x", "lower")};

const std::vector<TarItem> kUpper = {File("etc/.wh.a", ""),  // a single file
                                     File("var/new", "new"),
                                     File("var/.wh..wh..opq", ""),  // opaque after a sibling
                                     File(".wh.tree", ""),          // a whole directory
                                     Dir("same"),
                                     File("same/y", "upper"),
                                     File(".wh.same", ""),  // hides, own content stays
                                     File(".wh.back", ""),
                                     File("back/y", "upper"),  // comes back in the same layer
                                     File("etc/.wh..wh.plnk", "aufs")};

const std::map<std::string, std::string> kMerged = {
    {"etc", "dir"},  {"etc/b", "lower b"}, {"var", "dir"},  {"var/new", "new"},
    {"same", "dir"}, {"same/y", "upper"},  {"back", "dir"}, {"back/y", "upper"}};

struct TwoLayers {
  TemporaryDirectory work;
  std::string lower = work / "lower", upper = work / "upper";
  TwoLayers() {
    fs::create_directory(lower);
    fs::create_directory(upper);
    REQUIRE(Unpack(Tar(kLower), lower).status() == absl::OkStatus());
    REQUIRE(Unpack(Tar(kUpper), upper).status() == absl::OkStatus());
  }
};

TEST_CASE("whiteouts hide lower layers in a real overlay mount") {
  TwoLayers layers;
  std::string at = layers.work / "merged";
  fs::create_directory(at);
  std::string options = "lowerdir=" + layers.upper + ":" + layers.lower;
  REQUIRE(mount("overlay", at.c_str(), "overlay", MS_RDONLY, options.c_str()) == 0);
  ScopeExit unmount([&] { umount2(at.c_str(), MNT_DETACH); });
  CHECK(Listing(at) == kMerged);
}

TEST_CASE("copied layers look like the overlay mount") {
  TwoLayers layers;
  std::string at = layers.work / "copy";
  fs::create_directory(at);
  REQUIRE(CopyLayers({layers.lower, layers.upper}, at) == absl::OkStatus());
  CHECK(Listing(at) == kMerged);
  CHECK(getxattr((at + "/var").c_str(), "trusted.overlay.opaque", nullptr, 0) < 0);
}

TEST_CASE("copied layers keep owners, modes, times, xattrs and hard links") {
  TemporaryDirectory work;
  std::string layer = work / "layer", at = work / "copy";
  fs::create_directory(layer);
  fs::create_directory(at);
  std::string tar = Tar({{.name = "d/", .type = '5', .mode = 0510, .uid = 3, .mtime = 77},
                         {.name = "d/f",
                          .content = "1",
                          .mode = 04711,
                          .uid = 9,
                          .mtime = 88,
                          .pax = {{"SCHILY.xattr.user.k", "v"}}},
                         {.name = "g", .type = '1', .link = "d/f"},
                         {.name = "s", .type = '2', .link = "d", .uid = 4, .mtime = 99},
                         {.name = "p", .type = '6', .mode = 0600}});
  REQUIRE(Unpack(tar, layer).status() == absl::OkStatus());
  REQUIRE(CopyLayers({layer}, at) == absl::OkStatus());
  std::string pack = "tar --sort=name --format=posix --xattrs --pax-option=delete=atime,delete=ctime -C ";
  REQUIRE(Shell(pack + layer + " -cf " + work / "1.tar" + " .") == 0);
  REQUIRE(Shell(pack + at + " -cf " + work / "2.tar" + " .") == 0);
  CHECK(Shell("cmp " + work / "1.tar" + " " + work / "2.tar") == 0);
  struct stat first {
  }, second{};
  REQUIRE(stat((at + "/d/f").c_str(), &first) == 0);
  REQUIRE(stat((at + "/g").c_str(), &second) == 0);
  CHECK(first.st_ino == second.st_ino);
}

TEST_CASE("a layer's directory takes the place of a lower link when layers are copied") {
  TemporaryDirectory work;
  std::string lower = work / "lower", upper = work / "upper", at = work / "copy";
  for (const std::string& made : {lower, upper, at, work / "outside"}) fs::create_directory(made);
  REQUIRE(Unpack(Tar({{.name = "d", .type = '2', .link = work / "outside"}}), lower).ok());
  REQUIRE(Unpack(Tar({File("d/x", "1")}), upper).ok());
  REQUIRE(CopyLayers({lower, upper}, at) == absl::OkStatus());
  CHECK(Listing(at) == std::map<std::string, std::string>{{"d", "dir"}, {"d/x", "1"}});
  CHECK(fs::is_empty(work / "outside"));
}

TEST_CASE("the overlay probe agrees with mount and leaves nothing behind") {
  TemporaryDirectory work;
  for (std::string name : {"l", "u", "w", "m"}) fs::create_directory(work / name);
  std::string options = "lowerdir=" + work / "l" + ",upperdir=" + work / "u" + ",workdir=" + work / "w";
  bool mounts = mount("overlay", (work / "m").c_str(), "overlay", 0, options.c_str()) == 0;
  if (mounts) umount2((work / "m").c_str(), MNT_DETACH);
  fs::create_directory(work / "probe");
  CHECK(OverlayWorks(work / "probe").value() == mounts);
  CHECK(fs::is_empty(work / "probe"));
  CHECK_FALSE(OverlayWorks(work / "missing").value());
  CHECK_FALSE(OverlayWorks("/proc").value());
}

TEST_CASE("a lack of descriptors does not count as a lack of overlayfs") {
  TemporaryDirectory work;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{3, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const StatusOr<bool> works = OverlayWorks(work.path());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  INFO(works.status().ToString());
  CHECK(absl::IsResourceExhausted(works.status()));
  CHECK(OverlayWorks(work.path()).ok());
}

}  // namespace
}  // namespace jobpod::test
