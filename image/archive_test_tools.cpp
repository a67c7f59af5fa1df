#include "image/archive_test_tools.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "image/digest.hpp"

namespace jobpod::test {

BuiltImage NumberedImage(const std::string& number) {
  return BuildImage(
      {.layers = {Tar({{.name = "shared", .content = "s"}}), Tar({{.name = "own", .content = number}})}});
}

std::string Layout(const BuiltImage& image, const std::string& name) {
  const std::string index = R"({"schemaVersion":2,"manifests":[{"mediaType":")" + std::string(kManifestType) +
                            R"(","digest":")" + image.digest() + R"(","size":)" +
                            std::to_string(image.manifest.size()) +
                            R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + R"("}}]})";
  std::vector<TarItem> items = {{.name = "oci-layout", .content = R"({"imageLayoutVersion":"1.0.0"})"},
                                {.name = "index.json", .content = index}};
  std::vector<std::string> blobs = image.layers;
  blobs.push_back(image.config);
  blobs.push_back(image.manifest);
  for (const std::string& blob : blobs)
    items.push_back({.name = "blobs/sha256/" + DigestOf(blob).substr(7), .content = blob});
  return Tar(items);
}

std::string ImportText(Images& images, const TemporaryDirectory& files, const std::string& archive,
                       const std::string& name) {
  REQUIRE(WriteFileAtomic(files / "archive", archive).ok());
  const auto ids = images.Import(files / "archive", name, {});
  INFO(Message(ids.status()));
  REQUIRE(ids.ok());
  REQUIRE(ids->size() == 1);
  return ids->front();
}

size_t LayerCount(const TemporaryDirectory& root) {
  size_t trees = 0, others = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root / "layers"))
    ++(entry.is_directory() ? trees : others);
  CHECK(trees == others);  // each has its record, and nothing else is there
  return trees;
}

BuiltImage BridgedImage() {
  return BuildImage({.layers = {Tar({{.name = "lib", .type = '2', .link = "usr"},
                                     {.name = "tmp", .type = '5', .mode = 01777},
                                     {.name = "./", .type = '5', .mode = 0711}}),
                                Tar({{.name = "lib/x", .content = "1"}, {.name = "tmp/y", .content = "2"}})}});
}

}  // namespace jobpod::test
