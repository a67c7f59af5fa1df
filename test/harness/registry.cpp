#include "test/harness/registry.hpp"

#include "base/text.hpp"

namespace jobpod::test {
namespace {

std::string Configuration(const std::string& directory, uint16_t port) {
  return Concat("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n",
                "storage: {filesystem: {rootdirectory: ", directory, "}, delete: {enabled: true}}\n",
                "http: {addr: '127.0.0.1:", port, "'}\n");
}

}  // namespace

Registry::Registry() : port_(FreePort()) {
  Spill(directory_ / "config.yml", Configuration(directory_ / "data", port_));
  process_ = Process({"docker-registry", "serve", directory_ / "config.yml"}, directory_ / "log");
  if (!Eventually([&] { return PortAnswers(port_) || !process_.Running(); }) || !process_.Running())
    SetUpFailed("docker-registry did not start: " + Slurp(directory_ / "log"));
}

std::string Registry::Reference(const std::string& name) const {
  return Concat("127.0.0.1:", port_, "/", name, ":latest");
}

void Registry::Push(const std::string& layout, const std::string& tag, const std::string& as,
                    const std::string& format, const std::string& compression) const {
  std::vector<std::string> command = {
      "skopeo", "copy", "-q", "--insecure-policy", "--dest-tls-verify=false", "--format", format};
  if (!compression.empty())
    command.insert(command.end(), {"--dest-compress-format", compression, "--dest-compress"});
  command.insert(command.end(),
                 {Concat("oci:", layout, ":", tag), "docker://" + Reference(as.empty() ? tag : as)});
  MustRun(command);
}

std::string Registry::BlobFile(const std::string& digest) const {
  const std::string hex = digest.substr(digest.find(':') + 1);
  return Concat(directory_.path(), "/data/docker/registry/v2/blobs/sha256/", hex.substr(0, 2), "/", hex,
                "/data");
}

std::string Registry::ManifestDigest(const std::string& name) const {
  return Slurp(Concat(directory_.path(), "/data/docker/registry/v2/repositories/", name,
                      "/_manifests/tags/latest/current/link"));
}

const std::string& ImageLayout() {
  static const TemporaryDirectory directory;
  static const std::string layout = [] {
    MustRun({JOBPOD_SOURCE_DIR "/test/images/make", directory / "oci"});
    return directory / "oci";
  }();
  return layout;
}

}  // namespace jobpod::test
