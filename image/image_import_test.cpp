// Archives: what is imported, refused, preloaded and exported.
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "image/archive_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;

TEST_CASE("an OCI archive is imported, compressed or not") {
  const BuiltImage image = NumberedImage("1");
  for (const auto& archive : {Layout(image, "example.com/a:1"), Gzip(Layout(image, "example.com/a:1")),
                              Zstd(Layout(image, "example.com/a:1"))}) {
    TemporaryDirectory root, files;
    auto images = OpenImages(root.path());
    CHECK(ImportText(*images, files, archive) == image.id());
    const auto found = images->Find("example.com/a:1").value();
    REQUIRE(found);
    CHECK(found->repo_digests == std::vector<std::string>{"example.com/a@" + image.digest()});
    CHECK_FALSE(std::ranges::any_of(std::filesystem::directory_iterator(root.path()), [](const auto& entry) {
      return entry.path().filename().string().starts_with(".import");
    }));
  }
}

std::string Saved(const BuiltImage& image) {
  std::vector<TarItem> items = {{.name = "c.json", .content = image.config}};
  std::string list;
  for (const std::string& layer : image.layers) {
    const std::string name = std::to_string(items.size()) + "/layer.tar";
    list += (list.empty() ? "\"" : ",\"") + name + "\"";
    items.push_back({.name = name, .content = layer});
  }
  items.push_back({.name = "manifest.json", .content = R"([{"Config":"c.json","Layers":[)" + list + "]}]"});
  return Tar(items);
}

TEST_CASE("a docker-save archive is imported, a nameless one gets the given name") {
  const BuiltImage image = NumberedImage("1");
  const auto saved = [&](const std::string& names) {
    return Tar({{.name = "manifest.json",
                 .content = R"([{"Config":"c.json","RepoTags":)" + names +
                            R"(,"Layers":["a/layer.tar","b/layer.tar"]}])"},
                {.name = "c.json", .content = image.config},
                {.name = "a/layer.tar", .content = Tar({{.name = "shared", .content = "s"}})},
                {.name = "x.tar", .content = Tar({{.name = "own", .content = "1"}})},
                {.name = "b/layer.tar", .type = '2', .link = "../x.tar"}});
  };
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  CHECK(ImportText(*images, files, saved(R"(["busybox:9","other:1"])")) == image.id());
  CHECK(images->Find("busybox:9").value()->id == image.id());
  CHECK(images->Find("other:1").value()->id == image.id());
  ImportText(*images, files, saved("null"), "named");
  CHECK(images->Find("named").value()->id == image.id());
  CHECK(images->Remove("busybox:9").ok());
  CHECK_FALSE(images->Find("named").value());
  CHECK(images->Remove("busybox:9").ok());
  CHECK(LayerCount(root) == 0);
}

TEST_CASE("hostile archives leave nothing") {
  const BuiltImage image = NumberedImage("1");
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  const auto manifest = [](const std::string& config, const std::string& layer) {
    return TarItem{.name = "manifest.json",
                   .content = R"([{"Config":")" + config + R"(","Layers":[")" + layer + R"("]}])"};
  };
  const std::vector<std::string> archives = {
      "not a tar at all",
      "",
      Tar({{.name = "readme", .content = "x"}}),
      Tar({manifest("/etc/passwd", "x")}),
      Tar({manifest("../../../../etc/passwd", "x")}),
      Tar({manifest("link", "x"), {.name = "link", .type = '2', .link = "/etc/passwd"}}),
      Tar({manifest("pipe", "x"), {.name = "pipe", .type = '6'}}),
      Tar({{.name = "../../escape", .content = "x"}}),
      Layout(image, "x").substr(0, 3000),
      Layout(image, "NOT/A/NAME:1"),
  };
  for (const std::string& archive : archives) {
    REQUIRE(WriteFileAtomic(files / "archive", archive).ok());
    const auto ids = images->Import(files / "archive", "", {});
    INFO(archive.substr(0, 60) << Message(ids.status()));
    CHECK_FALSE(ids.ok());
    CHECK(LayerCount(root) == 0);
    CHECK(images->List().empty());
  }
  CHECK(absl::IsNotFound(images->Import("/nowhere", "", {}).status()));
}

TEST_CASE("a digest in an archive's name must be that of its image") {
  const BuiltImage image = NumberedImage("1"), other = NumberedImage("2");
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  const std::string named = "example.com/a@" + other.digest();
  for (const auto& [archive, name] :
       {std::pair(Layout(image, named), std::string()), std::pair(Layout(image, "1"), named),
        std::pair(Saved(image), named)}) {
    REQUIRE(WriteFileAtomic(files / "archive", archive).ok());
    const Status status = images->Import(files / "archive", name, {}).status();
    INFO(Message(status));
    CHECK(absl::IsInvalidArgument(status));
    CHECK(Message(status).find(other.digest()) != std::string_view::npos);
    CHECK(images->List().empty());
  }
  ImportText(*images, files, Layout(image, "example.com/a@" + image.digest()));
  CHECK(images->Find("example.com/a@" + image.digest()).value()->id == image.id());
}

TEST_CASE("the preload directory is imported, bad archives are skipped") {
  const BuiltImage image = NumberedImage("1");
  TemporaryDirectory root, files;
  auto images = OpenImages(root.path());
  REQUIRE(WriteFileAtomic(files / "a.tar", "rubbish").ok());
  REQUIRE(WriteFileAtomic(files / "b.tar.gz", Gzip(Layout(image, "pre:1"))).ok());
  REQUIRE(WriteFileAtomic(files / "c.txt", "no archive").ok());
  ImportPreloaded(*images, files.path(), root / "preloaded", {});
  CHECK(images->List().size() == 1);
  CHECK(images->Find("pre:1").value()->id == image.id());
  CHECK(images->Find("pre:1").value()->pinned);

  // What is known is not read again: a changed archive of the same size and time would not be noticed.
  images = OpenImages(root.path());
  CHECK(images->Find("pre:1").value()->pinned);
  const auto time = std::filesystem::last_write_time(files / "b.tar.gz");
  const auto size = std::filesystem::file_size(files / "b.tar.gz");
  REQUIRE(WriteFileAtomic(files / "b.tar.gz", std::string(size, 'x')).ok());
  std::filesystem::last_write_time(files / "b.tar.gz", time);
  ImportPreloaded(*images, files.path(), root / "preloaded", {});
  CHECK(images->Remove("pre:1").ok());
  REQUIRE(WriteFileAtomic(files / "b.tar.gz", Gzip(Layout(image, "pre:1"))).ok());
  std::filesystem::last_write_time(files / "b.tar.gz", time);
  ImportPreloaded(*images, files.path(), root / "preloaded", {});  // its image is gone
  CHECK(images->Find("pre:1").value());
}

TEST_CASE("the limit on paths is the configured one") {
  const std::string path = std::string(90, 'd') + "/" + std::string(90, 'f');
  const BuiltImage image = BuildImage({.layers = {Tar({{.name = "p", .pax = {{"path", path}}}})}});
  FakeRegistry registry([&](const FakeRequest& request) { return FakeRegistry::Serve(request, image); });
  PullRequest request;
  request.reference = registry.address() + "/app:1";
  TemporaryDirectory root;
  ImageLimits limits;
  limits.max_path_bytes = 180;
  const Status refused = OpenImages(root / "short", limits)->Pull(request, {}).status();
  INFO(Message(refused));
  CHECK(absl::IsInvalidArgument(refused));
  CHECK(Message(refused).find("181 bytes, over the limit of 180") != std::string_view::npos);
  limits.max_path_bytes = 181;
  CHECK(OpenImages(root / "long", limits)->Pull(request, {}).ok());
}

TEST_CASE("the limits on bytes and entries hold for an image as a whole, to the byte") {
  std::vector<std::string> layers;
  uint64_t bytes = 0;
  for (int i = 0; i < 6; ++i) {
    layers.push_back(Tar({{.name = "d" + std::to_string(i) + "/f", .content = std::string(300'000, 'x')}}));
    bytes += layers.back().size();
  }
  const BuiltImage image = BuildImage({.layers = layers});
  TemporaryDirectory files;
  REQUIRE(WriteFileAtomic(files / "a.tar", Layout(image, "a:1")).ok());
  REQUIRE(Shell("mkdir " + files / "a && tar -C " + files / "a -xf " + files / "a.tar") == 0);
  const auto import = [&](uint64_t max_bytes, uint64_t max_entries) {
    TemporaryDirectory root;
    auto images = OpenImages(root.path(), {.max_unpacked_bytes = max_bytes, .max_entries = max_entries});
    const Status status = images->Import(files / "a", "", {}).status();
    if (!status.ok()) CHECK(LayerCount(root) == 0);
    return status;
  };
  CHECK(import(bytes, 12) == absl::OkStatus());
  CHECK(absl::IsResourceExhausted(import(bytes - 1, 12)));
  CHECK(absl::IsResourceExhausted(import(bytes, 11)));
}

TEST_CASE("images without a whole name are called after the file or the asked name") {
  const BuiltImage image = NumberedImage("1");
  const std::vector<std::array<std::string, 4>> cases = {
      {"busybox-1.36.tar", "1.0", "", "localhost/busybox-1.36:1.0"},
      {"My App (2).tar.gz", "", "", "localhost/my-app-2:latest"},
      {"a.tar", "1.0", "example.com/app", "example.com/app:1.0"},
      {"a.tar", "1.0", "example.com/app:9", "example.com/app:9"},
      {"a.tar", "", "app", "docker.io/library/app:latest"},
      {"a.tar", "example.com/own:2", "app", "example.com/own:2"}};
  for (const auto& [file, own, asked, expected] : cases) {
    INFO(file << own << asked);
    TemporaryDirectory root, files;
    auto images = OpenImages(root.path());
    REQUIRE(WriteFileAtomic(files / file, Layout(image, own)).ok());
    REQUIRE(images->Import(files / file, asked, {}).status() == absl::OkStatus());
    CHECK(images->List().at(0)->repo_tags == std::vector<std::string>{expected});
  }
}

TEST_CASE("an exported image comes back with the same digests, here and elsewhere") {
  for (const bool docker : {false, true}) {
    INFO(docker);
    BuiltImage image = BridgedImage();
    TemporaryDirectory root, other_root, files;
    const ImagesConfig config{.root = root.path(), .keep_blobs = true};
    auto images = Images::Open(config).value();
    ImportText(*images, files, docker ? Saved(image) : Layout(image, "example.com/a:1"), "example.com/a:1");
    ImportText(*images, files, docker ? Saved(image) : Layout(image, "b:2"), "b:2");
    images = Images::Open(config).value();  // kept over a restart
    REQUIRE(images->Export("b:2", files / "out.tar", {}) == absl::OkStatus());
    auto other = OpenImages(other_root.path());
    REQUIRE(other->Import(files / "out.tar", "", {}).status() == absl::OkStatus());
    const auto back = other->Find("example.com/a:1").value();
    REQUIRE(back);
    CHECK(back->id == image.id());
    CHECK(other->Find("b:2").value());
    if (!docker) CHECK(other->Find("b@" + image.digest()).value());
    REQUIRE(Shell("skopeo inspect --raw oci-archive:" + files / "out.tar" + ":1 > " + files / "raw") == 0);
    if (!docker) CHECK(ReadFile(files / "raw").value() == image.manifest);
    REQUIRE(Shell("skopeo copy -q --insecure-policy docker-archive:" + files / "out.tar" +
                  ":example.com/a:1 dir:" + files / "dir") == 0);
    CHECK(absl::IsFailedPrecondition(other->Export("b:2", files / "no.tar", {})));
    CHECK_FALSE(std::filesystem::exists(files / "no.tar"));
    CHECK(images->Remove("b:2").ok());
    CHECK(LayerCount(root) == 0);
    CHECK(images->Usage().used_bytes == 0);
  }
}

}  // namespace
}  // namespace jobpod
