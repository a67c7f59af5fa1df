// What stays and what goes: restarts, removal, damaged indexes and layers.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "base/sqlite.hpp"
#include "image/archive_test_tools.hpp"
#include "image/pull.hpp"

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

// As they are after a loss: gone, of no length, or without the word that they are finished.
void LoseIndex(const TemporaryDirectory& root, const std::string& how) {
  if (how == "unfinished") {
    auto index = SqliteDatabase::Open(root / "images.db", true);
    REQUIRE(index.ok());
    REQUIRE(index->Run("DELETE FROM layers").ok());
    REQUIRE(index->Run("PRAGMA user_version = 0").ok());
    return;
  }
  for (const char* end : {"", "-wal", "-shm"}) REQUIRE(RemoveTree(root / (std::string("images.db") + end)).ok());
  if (how == "empty") REQUIRE(WriteFileAtomic(root / "images.db", "").ok());
}

TEST_CASE("an index that is lost or was not finished costs no image and no container its layers") {
  const BuiltImage image = NumberedImage("1");
  for (const std::string how : {"gone", "empty", "unfinished"}) {
    INFO(how);
    TemporaryDirectory root, files;
    const std::string container = NewId();
    {
      auto images = OpenImages(root.path());
      ImportText(*images, files, Layout(image, "a:1"));
      REQUIRE(images->Prepare(container, image.id()).ok());
    }
    LoseIndex(root, how);
    auto images = OpenImages(root.path());
    REQUIRE(images->Find(image.id()).value());
    CHECK((images->Find("a:1").value() != nullptr) == (how == "unfinished"));
    CHECK(LayerCount(root) == 2);
    CHECK(images->Prepare(NewId(), image.id()).ok());
    images = OpenImages(root.path());
    CHECK(images->Find(image.id()).value());
    CHECK(images->Remove(image.id()).ok());
    CHECK(LayerCount(root) == 2);
    CHECK(images->Recover({}).ok());
    CHECK(LayerCount(root) == 0);
    CHECK(images->Usage().used_bytes == 0);
  }
}

TEST_CASE("a layer without its record serves its container and nobody else") {
  const BuiltImage image = NumberedImage("1");
  TemporaryDirectory root, files;
  const std::string container = NewId();
  std::string held;
  {
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    held = images->Prepare(container, image.id()).value().lower.at(0);
  }
  LoseIndex(root, "gone");
  REQUIRE(RemoveTree(held + ".layer").ok());
  auto images = OpenImages(root.path());
  CHECK_FALSE(images->Find(image.id()).value());
  CHECK(ReadFile(held + "/own").value() == "1");
  const int running = open(held.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const ScopeExit close_it([&] { close(running); });
  ImportText(*images, files, Layout(image, "a:1"));
  CHECK(ReadFile(held + "/own").value() == "1");
  CHECK(faccessat(running, "own", F_OK, 0) == 0);  // moved, not removed
  images = OpenImages(root.path());
  CHECK(faccessat(running, "own", F_OK, 0) == 0);
  CHECK(images->Release(container).ok());
  CHECK(faccessat(running, "own", F_OK, 0) != 0);
  CHECK(LayerCount(root) == 2);
}

TEST_CASE("a torn layer is not taken into an index that is made anew") {
  const BuiltImage image = NumberedImage("1"), other = NumberedImage("2");
  for (const std::string damage : {"truncate -s 0 %/own", "rm %.layer", "truncate -s 3 %.layer", "truncate -s 0 %.layer"}) {
    INFO(damage);
    TemporaryDirectory root, files;
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    ImportText(*images, files, Layout(other, "a:2"));
    std::string command = damage;
    command.replace(command.find('%'), 1, images->PrepareVolume(NewId(), image.id()).value().at(0));
    REQUIRE(images->Recover({}).ok());
    images.reset();
    REQUIRE(Shell(command) == 0);
    LoseIndex(root, "gone");
    images = OpenImages(root.path());
    CHECK_FALSE(images->Find(image.id()).value());
    CHECK(images->Find(other.id()).value());
    CHECK(LayerCount(root) == 2);
    ImportText(*images, files, Layout(image, "a:1"));
    CHECK(ReadFile(images->PrepareVolume(NewId(), image.id()).value().at(0) + "/own").value() == "1");
  }
}

TEST_CASE("a record of implied directories that is cut off or missing costs the layer") {
  const BuiltImage image = BridgedImage();
  for (const std::string damage : {"truncate -s -1 %.layer", "rm %.layer"}) {
    INFO(damage);
    TemporaryDirectory root, files;
    auto images = OpenImages(root.path());
    ImportText(*images, files, Layout(image, "a:1"));
    std::string command = damage;
    command.replace(command.find('%'), 1, images->PrepareVolume(NewId(), image.id()).value().at(1));
    REQUIRE(Shell(command) == 0);
    REQUIRE(WriteFileAtomic(files / "again", Layout(image, "a:2")).ok());
    const Status refused = images->Import(files / "again", "", {}).status();
    INFO(Message(refused));
    CHECK(absl::IsDataLoss(refused));
    CHECK(images->Import(files / "again", "", {}).ok());
    CHECK(images->PrepareVolume(NewId(), image.id()).value().size() == 3);
    CHECK(images->Recover({}).ok());
    CHECK(LayerCount(root) == 3);  // and nothing that was moved aside
  }
}

TEST_CASE("what an interrupted write or try left is gone after a start") {
  TemporaryDirectory root;
  OpenImages(root.path());
  REQUIRE(WriteFileAtomic(root / "blobs/sha256/0123.abc.tmp", "x").ok());
  REQUIRE(WriteFileAtomic(root / "layers/0123.layer.abc.tmp", "x").ok());
  REQUIRE(MakeDirectories(root / ".overlay-0123/lower").ok());
  OpenImages(root.path());
  CHECK(std::filesystem::is_empty(root / "blobs/sha256"));
  CHECK(std::filesystem::is_empty(root / "layers"));
  CHECK_FALSE(std::filesystem::exists(root / ".overlay-0123"));
}

TEST_CASE("a pull makes an image whole that is listed without its layers") {
  const BuiltImage image = NumberedImage("1");
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  TemporaryDirectory root;
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  REQUIRE(OpenImages(root.path())->Pull(request, {}).ok());
  auto catalog = ImageCatalog::Open(root.path(), false).value();
  const ImagePointer listed = catalog->Current()->list.at(0);
  REQUIRE(RemoveTree(catalog->layers().Path(listed->layers.at(1)) + "/own").ok());
  REQUIRE(absl::IsDataLoss(catalog->layers().Check(listed->layers)));
  REQUIRE(catalog->Current()->list.size() == 1);
  CHECK_FALSE(catalog->HasLayers(*listed));
  const auto id = PullImage(*catalog, {}, request, ParseReference(request.reference).value(), {});
  INFO(Message(id.status()));
  CHECK(id.ok());
  CHECK(catalog->HasLayers(*listed));
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
    CHECK(LayerCount(root) == 3);  // with the bridge
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
    CHECK(LayerCount(root) == 2);  // the damaged one is not kept aside either
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
