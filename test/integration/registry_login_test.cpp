// A private registry with TLS and an account: every way to log in, and secrets that stay out of the log.
#include <filesystem>

#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

constexpr const char* kAccount = "puller:secret-word";
constexpr const char* kEncoded = "cHVsbGVyOnNlY3JldC13b3Jk";

void Trust(const std::string& directory, const Registry& registry, const std::string& more) {
  const std::string place = Concat(directory, "/127.0.0.1_", registry.port(), "_");
  std::filesystem::create_directories(place);
  Spill(place + "/hosts.toml", Concat("server = \"https://127.0.0.1:", registry.port(), "\"\n", more));
}

CommandResult PullByCommand(const Daemon& daemon, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {Program("jobpod"), "--address", daemon.address(), "image", "pull"});
  return RunCommand(arguments);
}

std::string PullWith(Daemon& daemon, const std::string& reference, const cri::AuthConfig& auth) {
  cri::PullImageRequest request;
  request.mutable_image()->set_image(reference);
  *request.mutable_auth() = auth;
  return daemon.client().Call(&Images::PullImage, request).image_ref();
}

}  // namespace

TEST_CASE("a registry with TLS and basic authentication is pulled from, and no secret is logged") {
  const Registry registry{std::string(kAccount)};
  registry.Push(ImageLayout(), "busybox");
  const std::string reference = registry.Reference("busybox");
  TemporaryDirectory hosts;
  Daemon daemon(Concat("log_level = \"trace\"\n[image]\nregistry_config = \"", hosts.path(), "\"\n"));

  // Its certificate is nobody's that is trusted.
  Trust(hosts.path(), registry, "");
  const CommandResult untrusted = PullByCommand(daemon, {reference, "--creds", kAccount});
  CHECK(untrusted.exit_code != 0);
  CHECK(untrusted.output.find("hosts.toml") != std::string::npos);

  Trust(hosts.path(), registry, Concat("ca = \"", registry.certificate(), "\"\n"));
  CHECK_CODE(UNAUTHENTICATED, daemon.client().Pull(reference));
  cri::AuthConfig auth;
  auth.set_username("puller");
  auth.set_password("wrong-word");
  CHECK_CODE(UNAUTHENTICATED, PullWith(daemon, reference, auth));
  auth.set_password("secret-word");
  const std::string id = PullWith(daemon, reference, auth);
  CHECK(id.starts_with("sha256:"));
  auth.Clear();
  auth.set_auth(kEncoded);
  auth.set_server_address(Concat("https://127.0.0.1:", registry.port()));
  CHECK(PullWith(daemon, reference, auth) == id);
  auth.set_server_address("https://other.example");
  CHECK_CODE(UNAUTHENTICATED, PullWith(daemon, reference, auth));
  auth.set_auth("not base64");
  CHECK_CODE(INVALID_ARGUMENT, PullWith(daemon, reference, auth));

  const CommandResult wrong = PullByCommand(daemon, {reference, "--creds", "puller:wrong-word"});
  CHECK(wrong.exit_code != 0);
  const CommandResult right = PullByCommand(daemon, {reference, "--creds", kAccount});
  INFO(right.output);
  CHECK(right.exit_code == 0);
  CHECK(right.output.find(id) != std::string::npos);

  Trust(hosts.path(), registry,
        Concat("ca = \"", registry.certificate(), "\"\n[header]\nAuthorization = \"Basic ", kEncoded, "\"\n"));
  CHECK(daemon.client().Pull(reference) == id);

  const std::string log = Slurp(daemon.log_file());
  CHECK(!log.empty());
  for (const char* secret : {"secret-word", "wrong-word", kEncoded}) {
    CHECK(log.find(secret) == std::string::npos);
    CHECK(wrong.output.find(secret) == std::string::npos);
  }
}

}  // namespace jobpod::test
