#include "volumes/mount_enter_linux.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "volumes/mount_test_support.hpp"

namespace jobpod {
namespace {

struct View {
  View() {
    list.set_private_namespace(true);
    *list.mutable_root() = host.Root("image", host.Directory("hpc"));
  }
  Mount& Add(const std::string& source, const std::string& target) {
    Mount& mount = *list.add_mounts();
    mount.set_source(source);
    mount.set_target(target);
    mount.set_at_target(true);
    mount.set_below_rootfs(true);
    return mount;
  }
  std::string Layer(const std::string& name) const { return "image/layer/" + name; }
  std::string Below(const std::string& path) const { return host.path() + "/hpc" + path; }

  TestHost host;
  MountList list;
};

TEST_CASE("the image's files are seen at the root's target by the container alone") {
  View view;
  view.host.File(view.Layer("bin/tool"), "tool");
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(view.Below("/bin/tool")) == "tool");
  CHECK(container.Write(view.Below("/new"), "text") == "");
  CHECK(ReadText(view.host.path() + "/image/upper/new") == "text");
  CHECK(access(view.Below("/bin/tool").c_str(), F_OK) != 0);
}

TEST_CASE("without layers the writable copy itself is the root") {
  View view;
  view.list.mutable_root()->clear_lower();
  view.host.File("image/upper/file", "copy");
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(view.Below("/file")) == "copy");
}

TEST_CASE("a volume is seen at its target and below the root") {
  View view;
  std::string source = view.host.File("source/file", "volume");
  std::string target = view.host.Directory("data");
  view.Add(view.host.path() + "/source", target);
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(target + "/file") == "volume");
  CHECK(container.Read(view.Below(target) + "/file") == "volume");
  CHECK(container.Write(target + "/file", "+") == "");
  CHECK(ReadText(source) == "volume+");
}

TEST_CASE("a read-only volume is read-only in both places") {
  View view;
  view.host.File("source/file", "volume");
  std::string target = view.host.Directory("data");
  view.Add(view.host.path() + "/source", target).set_readonly(true);
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Write(target + "/file", "+").find("Read-only") != std::string::npos);
  CHECK(container.Write(view.Below(target) + "/file", "+").find("Read-only") != std::string::npos);
}

TEST_CASE("the image's absolute links do not lead a volume out of the rootfs") {
  View view;
  std::string target = view.host.path() + "/var/run/secrets";
  view.host.Directory("var/run/secrets");
  view.host.File("source/token", "secret");
  view.host.Directory(view.Layer(view.host.path() + "/var"));
  view.host.Directory(view.Layer("run"));
  std::string link = view.host.path() + "/" + view.Layer(view.host.path() + "/var/run");
  REQUIRE(symlink("/run", link.c_str()) == 0);
  view.Add(view.host.path() + "/source", target);
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(view.Below(target) + "/token") == "secret");
  CHECK(container.Read(view.Below("/run/secrets/token")) == "secret");
  CHECK(access("/run/secrets/token", F_OK) != 0);
  char kept[8] = {};
  CHECK(readlink(link.c_str(), kept, sizeof kept) == 4);  // the image's own layer is untouched
}

TEST_CASE("a file is attached onto a link, never onto the file behind it") {
  View view;
  std::string behind = view.host.File("behind", "host");
  std::string link = view.host.path() + "/link";
  REQUIRE(symlink("behind", link.c_str()) == 0);
  view.Add(view.host.File("source", "volume"), link);
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(link) == "volume");
  CHECK(container.Read(behind) == "host");
  CHECK(container.Read(view.Below(link)) == "volume");
}

TEST_CASE("an image of 120 layers is mounted, from long and odd paths too") {
  View view;
  view.list.mutable_root()->clear_lower();
  std::string parent = GENERATE(std::string("l"), std::string(120, 'x'), std::string("a:b,c\\d"));
  for (int i = 0; i < 120; ++i) {
    std::string layer = Concat(parent, "/", i);
    view.host.File(Concat(layer, "/own-", i), Concat(i));
    view.host.File(layer + "/top", Concat(i));
    view.list.mutable_root()->add_lower(view.host.path() + "/" + layer);
  }
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(view.Below("/top")) == "0");
  CHECK(container.Read(view.Below("/own-119")) == "119");
}

TEST_CASE("image volumes of one and of several layers are read-only") {
  View view;
  int layers = GENERATE(1, 3);
  std::string target = view.host.Directory("data");
  Mount& mount = view.Add("", target);
  for (int i = 0; i < layers; ++i) {
    view.host.File(Concat("volume/", i, "/sub/file-", i), "image");
    mount.add_image_layers(Concat(view.host.path(), "/volume/", i));
  }
  mount.set_image_sub_path("sub");
  TestContainer container(view.list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(Concat(target, "/file-", layers - 1)) == "image");
  CHECK(container.Write(target + "/file-0", "+").find("Read-only") != std::string::npos);
  CHECK(container.Read(view.Below(target) + "/file-0") == "image");
}

TEST_CASE("a missing sub path of an image volume is said with the prefix kubelet knows") {
  View view;
  int layers = GENERATE(1, 2);
  Mount& mount = view.Add("", view.host.Directory("data"));
  for (int i = 0; i < layers; ++i) mount.add_image_layers(view.host.Directory(Concat("volume/", i)));
  mount.set_image_sub_path("none");
  TestContainer container(view.list);
  CHECK(container.error().find("ImageVolumeMountFailed: the image volume for ") != std::string::npos);
  CHECK(container.error().find("none") != std::string::npos);
}

TEST_CASE("a source that has become a link since is not followed") {
  View view;
  view.host.Directory("real");
  std::string link = view.host.path() + "/link";
  REQUIRE(symlink("real", link.c_str()) == 0);
  view.Add(link, view.host.Directory("data"));
  TestContainer container(view.list);
  CHECK(container.error().find("symbolic link has taken the place") != std::string::npos);
}

}  // namespace
}  // namespace jobpod
