// What stays and what goes: restarts, removal, damaged indexes and layers.
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"
#include "image/archive_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;

TEST_CASE("everything is there again after a restart, half-made things are not") {
  const BuiltImage image = NumberedImage("1");
  TemporaryDirectory root, files;
  const std::string container = NewId();
  {
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    REQUIRE(images->Prepare(container, image.id()).ok());
  }
  REQUIRE(MakeDirectories(root / "layers/.partial-1/x").ok());
  REQUIRE(MakeDirectories((root / "layers/") + std::string(64, 'f')).ok());
  REQUIRE(MakeDirectories(root / ".import-1").ok());
  auto images = OpenImages(root.path());
  CHECK(images->Find("a:1").value()->id == image.id());
  CHECK(LayerCount(root) == 2);
  CHECK_FALSE(std::filesystem::exists(root / ".import-1"));
  CHECK(images->Usage().used_bytes > image.config.size());

  // The container keeps its layers when the image goes, and gives them back.
  CHECK(images->Remove("a:1").ok());
  CHECK(LayerCount(root) == 2);
  images = OpenImages(root.path());
  CHECK(LayerCount(root) == 2);
  CHECK(images->WritableLayerUsage(container).ok());
  CHECK(images->Recover({container}).ok());
  CHECK(LayerCount(root) == 2);
  CHECK(images->Recover({}).ok());
  CHECK(LayerCount(root) == 0);
  CHECK(absl::IsNotFound(images->WritableLayerUsage(container).status()));
  CHECK(images->Usage().used_bytes == 0);
}

TEST_CASE("shared layers stay with the images that have them") {
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  const BuiltImage one = NumberedImage("1"), two = NumberedImage("2");
  ImportText(*images, files, Layout(one, "a:1"));
  ImportText(*images, files, Layout(two, "a:2"));
  CHECK(LayerCount(root) == 3);
  const std::string container = NewId();
  const auto volume = images->PrepareVolume(container, two.id());
  REQUIRE(volume.ok());
  CHECK(ReadFile(volume->at(0) + "/own").value() == "2");
  CHECK(images->Remove("a:1").ok());
  CHECK(LayerCount(root) == 2);
  CHECK(images->Remove(two.id()).ok());
  CHECK(LayerCount(root) == 2);
  CHECK(images->Release(container).ok());
  CHECK(images->Release(container).ok());
  CHECK(LayerCount(root) == 0);
  CHECK(absl::IsNotFound(images->Prepare(NewId(), two.id()).status()));
  CHECK(absl::IsInvalidArgument(images->Release("../x")));
}

TEST_CASE("a damaged index is rebuilt from the files") {
  const BuiltImage image = NumberedImage("1");
  TemporaryDirectory root, files;
  const std::string container = NewId();
  {
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    REQUIRE(images->Prepare(container, image.id()).ok());
  }
  REQUIRE(WriteFileAtomic(root / "images.db", std::string(8192, 'x')).ok());
  REQUIRE(RemoveTree(root / "images.db-wal").ok());
  auto images = OpenImages(root.path());
  REQUIRE(images->Find(image.id()).value());
  CHECK(LayerCount(root) == 2);
  CHECK(std::filesystem::exists(root / "images.db.damaged"));
  ImportText(*images, files, Layout(image, "a:1"));
  CHECK(images->Find("a:1").value()->id == image.id());
}

TEST_CASE("an image whose layer leans on the one below keeps its bridge until it is removed") {
  const BuiltImage image = BridgedImage();
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  ImportText(*images, files, Layout(image, "a:1"));
  const auto check = [&] {
    const auto rootfs = images->Prepare(NewId(), image.id());
    REQUIRE(rootfs.status() == absl::OkStatus());
    REQUIRE(rootfs->lower.size() == 3);
    CHECK(std::filesystem::is_symlink(rootfs->lower[0] + "/lib"));
    CHECK(ReadFile(rootfs->lower[0] + "/usr/x").value_or("missing") == "1");
    CHECK(std::filesystem::status(rootfs->upper).permissions() == std::filesystem::perms(0711));
    CHECK(LayerCount(root) == 4);  // two trees, a bridge, a list of implied directories
  };
  check();
  images = OpenImages(root.path());
  check();
  images.reset();
  REQUIRE(WriteFileAtomic(root / "images.db", std::string(8192, 'x')).ok());
  REQUIRE(RemoveTree(root / "images.db-wal").ok());
  images = OpenImages(root.path());
  check();
  images = OpenImages(root.path());
  check();
  CHECK(images->Remove(image.id()).ok());
  CHECK(images->Recover({}).ok());
  CHECK(LayerCount(root) == 0);
  CHECK(images->Usage().used_bytes == 0);
}

TEST_CASE("a torn or missing layer is found and never run, and an import makes it whole") {
  const BuiltImage image = NumberedImage("1"), other = NumberedImage("2");
  for (const std::string damage : {"truncate -s 0 %/own", "rm %/own", "touch %/more", "rm -r %"}) {
    INFO(damage);
    TemporaryDirectory root, files;
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    ImportText(*images, files, Layout(other, "a:2"));
    const std::string layer = images->PrepareVolume(NewId(), image.id()).value().at(0);
    REQUIRE(images->Recover({}).ok());
    images.reset();
    std::string command = damage;
    command.replace(command.find('%'), 1, layer);
    REQUIRE(Shell(command) == 0);
    images = OpenImages(root.path());
    const auto refused = images->Prepare(NewId(), image.id());
    INFO(refused.status().ToString());
    CHECK_FALSE(refused.ok());
    CHECK_FALSE(images->Find("a:1").value());
    CHECK(images->Prepare(NewId(), other.id()).ok());
    ImportText(*images, files, Layout(image, "a:1"));
    const auto again = images->PrepareVolume(NewId(), image.id());
    REQUIRE(again.ok());
    CHECK(ReadFile(again->at(0) + "/own").value_or("missing") == "1");
    CHECK_FALSE(std::filesystem::exists(again->at(0) + "/more"));
    CHECK(images->Remove(image.id()).ok());
    CHECK(images->Remove(other.id()).ok());
    CHECK(images->Recover({}).ok());
    CHECK(images->Usage().used_bytes == 0);
    CHECK(images->Usage().inodes_used == 0);
  }
}

TEST_CASE("an image without layers can be prepared") {
  const BuiltImage image = BuildImage({});
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  ImportText(*images, files, Layout(image, "empty:1"));
  CHECK(images->Prepare(NewId(), image.id()).value().lower.size() == 1);
  CHECK(absl::IsInvalidArgument(images->Find("NO:PE").status()));
}

}  // namespace
}  // namespace jobpod
