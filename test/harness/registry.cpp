#include "test/harness/registry.hpp"

#include <crypt.h>

#include "base/text.hpp"

namespace jobpod::test {
namespace {

// A line of an htpasswd file.
std::string PasswordLine(const std::string& account) {
  const size_t colon = account.find(':');
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  crypt_data data{};
  if (!crypt_gensalt_rn("$2b$", 4, nullptr, 0, salt, sizeof(salt))) SetUpFailed("no salt for bcrypt");
  return Concat(account.substr(0, colon), ":", crypt_r(account.substr(colon + 1).c_str(), salt, &data), "\n");
}

std::string Configuration(const std::string& directory, uint16_t port, const std::string& more) {
  return Concat("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n",
                "storage: {filesystem: {rootdirectory: ", directory, "}, delete: {enabled: true}}\n",
                "http: {addr: '127.0.0.1:", port, "'", more);
}

}  // namespace

Registry::Registry() : port_(FreePort()) {
  Start("}\n");
}

Registry::Registry(const std::string& account) : account_(account), port_(FreePort()) {
  MustRun({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
           "subjectAltName=IP:127.0.0.1", "-keyout", directory_ / "key.pem", "-out", directory_ / "ca.pem"});
  Spill(directory_ / "users", PasswordLine(account));
  Start(Concat(", tls: {certificate: ", directory_ / "ca.pem", ", key: ", directory_ / "key.pem",
               "}}\nauth: {htpasswd: {realm: test, path: ", directory_ / "users", "}}\n"));
}

void Registry::Start(const std::string& more) {
  Spill(directory_ / "config.yml", Configuration(directory_ / "data", port_, more));
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
  if (!account_.empty()) command.push_back("--dest-creds=" + account_);
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
