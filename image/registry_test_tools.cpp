#include "image/registry_test_tools.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "image/digest.hpp"

namespace jobpod::test {

const char* const kManifestType = "application/vnd.oci.image.manifest.v1+json";
const char* const kIndexType = "application/vnd.oci.image.index.v1+json";

namespace {

constexpr const char* kDockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";

std::string Quoted(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", text);
  return out;
}

std::string DescriptorJson(const std::string& type, const std::string& bytes, const std::string& more = "") {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", type, DigestOf(bytes), bytes.size(),
                     more);
}

}  // namespace

std::string BuiltImage::id() const {
  return DigestOf(config);
}
std::string BuiltImage::digest() const {
  return DigestOf(manifest);
}

BuiltImage BuildImage(const ImageSpec& spec) {
  BuiltImage out;
  std::vector<std::string> diff_ids = spec.diff_ids;
  std::string layers;
  for (const std::string& tar : spec.layers) {
    if (spec.diff_ids.empty()) diff_ids.push_back(DigestOf(tar));
    out.layers.push_back(spec.compress ? spec.compress(tar) : Gzip(tar));
    layers += (layers.empty() ? "" : ",") +
              DescriptorJson(spec.docker_types ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
                                               : "application/vnd.oci.image.layer.v1.tar+gzip",
                             out.layers.back());
  }
  out.config =
      fmt::format(R"({{"os":"{}","architecture":"{}",{}"rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
                  spec.os, spec.architecture, spec.more, Quoted(diff_ids));
  const std::string config_type = spec.docker_types ? "application/vnd.docker.container.image.v1+json"
                                                    : "application/vnd.oci.image.config.v1+json";
  out.manifest = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                             spec.docker_types ? kDockerManifestType : kManifestType,
                             DescriptorJson(config_type, out.config), layers);
  return out;
}

BuiltImage BusyboxImage(const std::string& text) {
  const std::string tar =
      Tar({{.name = "bin/", .type = '5', .mode = 0755},
           {.name = "bin/busybox", .content = ReadFile("/bin/busybox").value(), .mode = 0755},
           {.name = "bin/sh", .type = '2', .link = "busybox"},
           {.name = "marker", .content = text}});
  return BuildImage({.layers = {tar}, .more = R"("config":{"Cmd":["/bin/sh"],"Env":["A=1"]},)"});
}

std::string BuildIndex(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string list;
  for (const auto& [platform, manifest] : entries)
    list += (list.empty() ? "" : ",") + DescriptorJson(kManifestType, manifest, ",\"platform\":" + platform);
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", kIndexType, list);
}

std::unique_ptr<Images> OpenImages(const std::string& root, const ImageLimits& limits,
                                   const std::string& registry_config) {
  ImagesConfig config;
  config.root = root;
  config.registry_config = registry_config;
  config.limits = limits;
  return OpenImages(config);
}

std::unique_ptr<Images> OpenImages(const ImagesConfig& config) {
  auto images = Images::Open(config);
  INFO(Message(images.status()));
  REQUIRE(images.ok());
  return *std::move(images);
}

}  // namespace jobpod::test
