// Layers that lean on those below them, seen through a real overlay mount.
#include "image/layer_bridge.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/scope_exit.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

TarItem Dir(const std::string& name, uint32_t mode = 0755, uint64_t uid = 0) {
  return {.name = name, .type = '5', .mode = mode, .uid = uid};
}
TarItem File(const std::string& name, const std::string& content = "") {
  return {.name = name, .content = content};
}
TarItem Link(const std::string& name, const std::string& target) {
  return {.name = name, .type = '2', .link = target};
}

// Unpacks layer upon layer, bridges them and mounts the result.
class Stack {
 public:
  explicit Stack(const std::vector<std::vector<TarItem>>& layers) {
    for (const auto& items : layers) Add(items);
    fs::create_directory(work_ / "merged");
    std::string options = "lowerdir=";
    for (const std::string& tree : trees_) options += tree + ":";
    options += work_ / "empty";
    fs::create_directory(work_ / "empty");
    REQUIRE(mount("overlay", (work_ / "merged").c_str(), "overlay", MS_RDONLY, options.c_str()) == 0);
  }
  ~Stack() { umount2((work_ / "merged").c_str(), MNT_DETACH); }

  std::string at(const std::string& path) const { return work_ / ("merged/" + path); }
  std::string Read(const std::string& path) const { return ReadFile(at(path)).value_or("missing"); }
  struct stat Look(const std::string& path) const {
    struct stat info {};
    INFO(path);
    REQUIRE(lstat(at(path).c_str(), &info) == 0);
    return info;
  }
  size_t bridges() const { return bridges_; }
  const std::vector<std::string>& trees() const { return trees_; }  // topmost first

  // The same trees copied instead of mounted.
  std::string Copy() {
    fs::create_directory(work_ / "copy");
    REQUIRE(CopyLayers({trees_.rbegin(), trees_.rend()}, work_ / "copy") == absl::OkStatus());
    return work_ / "copy";
  }

 private:
  void Add(const std::vector<TarItem>& items) {
    BridgeRequest request{work_ / std::to_string(trees_.size()), trees_, {}};
    fs::create_directory(request.layer);
    auto unpacked = Unpack(Tar(items), request.layer);
    REQUIRE(unpacked.status() == absl::OkStatus());
    request.implied = unpacked->implied;
    trees_.insert(trees_.begin(), request.layer);
    auto needed = NeedsBridge(request, {});
    REQUIRE(needed.status() == absl::OkStatus());
    if (!*needed) return;
    ++bridges_;
    const std::string bridge = request.layer + "-bridge";
    fs::create_directory(bridge);
    REQUIRE(BuildBridge(request, bridge, {}) == absl::OkStatus());
    trees_.insert(trees_.begin(), bridge);
  }

  TemporaryDirectory work_;
  std::vector<std::string> trees_;
  size_t bridges_ = 0;
};

TEST_CASE("an implied directory keeps the owner and mode it has below") {
  Stack stack({{Dir("var"), Dir("var/spool", 01777, 7), File("var/spool/old", "old")},
               {File("var/spool/new", "new"), File("fresh/x", "1")},
               {File("var/spool/third", "3")}});
  CHECK(stack.bridges() == 2);
  CHECK((stack.Look("var/spool").st_mode & 07777) == 01777);
  CHECK(stack.Look("var/spool").st_uid == 7);
  CHECK(stack.Read("var/spool/old") == "old");
  CHECK(stack.Read("var/spool/new") == "new");
  CHECK(stack.Read("var/spool/third") == "3");
  CHECK((stack.Look("fresh").st_mode & 07777) == 0755);
}

TEST_CASE("layers that name their directories, or need nothing of those below, get no bridge") {
  Stack stack({{Dir("a", 0700), Dir("b"), File("b/f")},
               {Dir("a", 0750), File("a/x")},
               {File("b/x")},
               {File("new/x")},
               {File(".wh.a"), File("a/y")}});
  CHECK(stack.bridges() == 0);
  CHECK((stack.Look("a").st_mode & 07777) == 0755);
  CHECK_FALSE(fs::exists(stack.at("a/x")));
}

TEST_CASE("a file through a link of a lower layer lands where the link leads, and the link stays") {
  Stack stack({{Dir("usr"), Dir("usr/lib", 0711), File("usr/lib/old", "old"), Link("lib", "usr/lib"),
                Dir("var"), Link("var/run", "/run"), Link("up", "../../../usr")},
               {File("lib/new", "new"), File("lib/.wh.old"), Dir("lib/named", 0700), File("lib/named/x", "x"),
                File("var/run/deep/er/pid", "1"), File("up/share/doc", "d")}});
  CHECK(stack.bridges() == 1);
  CHECK(fs::read_symlink(stack.at("lib")) == "usr/lib");
  CHECK(fs::read_symlink(stack.at("var/run")) == "/run");
  CHECK(stack.Read("usr/lib/new") == "new");
  CHECK_FALSE(fs::exists(stack.at("usr/lib/old")));
  CHECK((stack.Look("usr/lib").st_mode & 07777) == 0711);
  CHECK((stack.Look("usr/lib/named").st_mode & 07777) == 0700);
  CHECK(stack.Read("usr/lib/named/x") == "x");
  CHECK(stack.Read("run/deep/er/pid") == "1");
  CHECK(stack.Read("usr/share/doc") == "d");
  const std::string copy = stack.Copy();
  CHECK(fs::read_symlink(copy + "/lib") == "usr/lib");
  CHECK(ReadFile(copy + "/usr/lib/new").value_or("missing") == "new");
  CHECK_FALSE(fs::exists(copy + "/usr/lib/old"));
}

TEST_CASE("a directory that a layer names takes the place of a lower link") {
  Stack stack({{Dir("usr"), Link("lib", "usr")}, {Dir("lib"), File("lib/x", "1")}});
  CHECK(stack.bridges() == 0);
  CHECK(fs::is_directory(fs::symlink_status(stack.at("lib"))));
  CHECK_FALSE(fs::exists(stack.at("usr/x")));
}

TEST_CASE("links through links, over several layers, and links of a removed tree") {
  Stack stack({{Dir("a"), Dir("a/b"), Link("one", "a"), Link("two", "one/b"), Dir("gone"),
                Link("gone/l", "/a")},
               {File("two/x", "1")},
               {File("one/b/x", "2"), File("one/b/two", "t")},
               {File(".wh.gone")},
               {File("gone/l/x", "plain")}});
  CHECK(stack.Read("a/b/x") == "2");
  CHECK(stack.Read("a/b/two") == "t");
  CHECK(stack.Read("gone/l/x") == "plain");
  CHECK(fs::is_directory(fs::symlink_status(stack.at("gone/l"))));
  CHECK_FALSE(fs::exists(stack.at("a/x")));
}

TEST_CASE("links below never lead out of the stack, and circles are refused") {
  Stack stack({{Link("out", "../../../../tmp"), Link("conf", "/etc")},
               {File("out/jobpod-bridge-escape", "x"), File("conf/jobpod-bridge-escape", "x")}});
  CHECK(stack.Read("tmp/jobpod-bridge-escape") == "x");
  CHECK(stack.Read("etc/jobpod-bridge-escape") == "x");
  CHECK(fs::is_symlink(stack.at("out")));
  CHECK_FALSE(fs::exists("/tmp/jobpod-bridge-escape"));
  CHECK_FALSE(fs::exists("/etc/jobpod-bridge-escape"));

  TemporaryDirectory work;
  for (const char* name : {"lower", "layer", "bridge"}) fs::create_directory(work / name);
  REQUIRE(Unpack(Tar({Link("a", "b"), Link("b", "a")}), work / "lower").ok());
  auto unpacked = Unpack(Tar({File("a/x")}), work / "layer");
  REQUIRE(unpacked.ok());
  const BridgeRequest request{work / "layer", {work / "lower"}, unpacked->implied};
  CHECK(absl::IsInvalidArgument(BuildBridge(request, work / "bridge", {})));
}

TEST_CASE("fitting a layer to those below ends when it is stopped") {
  TemporaryDirectory work;
  for (const char* name : {"lower", "layer", "bridge"}) fs::create_directory(work / name);
  REQUIRE(Unpack(Tar({Link("a", "b")}), work / "lower").ok());
  auto unpacked = Unpack(Tar({File("a/x")}), work / "layer");
  REQUIRE(unpacked.ok());
  const BridgeRequest request{work / "layer", {work / "lower"}, unpacked->implied};
  std::stop_source stop;
  stop.request_stop();
  CHECK(absl::IsCancelled(NeedsBridge(request, stop.get_token()).status()));
  CHECK(absl::IsCancelled(BuildBridge(request, work / "bridge", stop.get_token())));
  CHECK(fs::is_empty(work / "bridge"));
}

}  // namespace
}  // namespace jobpod::test
