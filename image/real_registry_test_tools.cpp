#include <crypt.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>
#include <thread>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod::test {
namespace {

int FreePort() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  socklen_t size = sizeof(address);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

std::string PasswordLine(const std::string& user) {
  const size_t colon = user.find(':');
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  crypt_data data{};
  REQUIRE(crypt_gensalt_rn("$2b$", 4, nullptr, 0, salt, sizeof(salt)) != nullptr);
  return user.substr(0, colon) + ":" + crypt_r(user.substr(colon + 1).c_str(), salt, &data) + "\n";
}

int Spawn(const std::string& config, const std::string& log) {
  const int pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execlp("docker-registry", "docker-registry", "serve", config.c_str(), nullptr);
  ::_exit(127);
}

httplib::Client ClientFor(const std::string& address, const std::string& user) {
  httplib::Client client("http://" + address);
  client.set_connection_timeout(5);
  if (const size_t colon = user.find(':'); colon != std::string::npos)
    client.set_basic_auth(user.substr(0, colon), user.substr(colon + 1));
  return client;
}

void PushBlob(httplib::Client& client, const std::string& repository, const std::string& bytes) {
  const auto started = client.Post("/v2/" + repository + "/blobs/uploads/");
  REQUIRE(started);
  REQUIRE(started->status == 202);
  std::string place = started->get_header_value("Location");
  place = place.substr(place.find("/v2/"));
  place += (place.find('?') == std::string::npos ? "?digest=" : "&digest=") + DigestOf(bytes);
  const auto done = client.Put(place, bytes, "application/octet-stream");
  REQUIRE(done);
  REQUIRE(done->status == 201);
}

}  // namespace

RealRegistry::RealRegistry(const std::string& user) : user_(user), port_(FreePort()) {
  std::string config = fmt::format(
      "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: "
      "true}}}}\n"
      "http: {{addr: '127.0.0.1:{}', secret: test}}\n",
      directory_ / "data", port_);
  if (!user.empty()) {
    REQUIRE(WriteFileAtomic(directory_ / "users", PasswordLine(user)).ok());
    config += fmt::format("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", directory_ / "users");
  }
  REQUIRE(WriteFileAtomic(directory_ / "config.yml", config).ok());
  pid_ = Spawn(directory_ / "config.yml", directory_ / "log");
  auto client = ClientFor(address(), user_);
  for (int i = 0; i < 400; ++i) {
    if (const auto answer = client.Get("/v2/"); answer && answer->status == 200) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  FAIL("docker-registry does not start: " << ReadFile(directory_ / "log").value_or(""));
}

RealRegistry::~RealRegistry() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string RealRegistry::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void RealRegistry::Push(const std::string& repository, const std::string& tag, const BuiltImage& image) {
  auto client = ClientFor(address(), user_);
  for (const std::string& layer : image.layers) PushBlob(client, repository, layer);
  PushBlob(client, repository, image.config);
  const bool docker = image.manifest.find("vnd.docker.distribution.manifest.v2") != std::string::npos;
  PushManifest(repository, tag,
               docker ? "application/vnd.docker.distribution.manifest.v2+json" : kManifestType,
               image.manifest);
}

void RealRegistry::PushManifest(const std::string& repository, const std::string& tag,
                                const std::string& type, const std::string& bytes) {
  auto client = ClientFor(address(), user_);
  const auto done = client.Put("/v2/" + repository + "/manifests/" + tag, bytes, type.c_str());
  REQUIRE(done);
  INFO(done->body);
  REQUIRE(done->status == 201);
}

size_t RealRegistry::Requests(const std::string& text) const {
  std::istringstream lines(ReadFile(directory_ / "log").value_or(""));
  size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find("HTTP/1.1\" ") != std::string::npos && line.find(text) != std::string::npos) ++count;
  return count;
}

}  // namespace jobpod::test
