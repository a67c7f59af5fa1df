#include "cri/endpoint.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "base/scope_exit.hpp"
#include "cri/service_manager.hpp"

namespace jobpod {
namespace {

struct Directory {
  Directory() { REQUIRE(mkdtemp(path.data())); }
  ~Directory() { RemoveTree(path).IgnoreError(); }
  std::string path = "/tmp/jobpod-endpoint-XXXXXX";
};

Fd Bound(const std::string& path, int type) {
  Fd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

bool Exists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

TEST_CASE("parents are made and a dead daemon's socket goes away") {
  const Directory directory;
  const std::string path = directory.path + "/a/b/j.sock";
  CHECK((*Endpoint::Prepare("unix://" + path))->grpc_address() == "unix:" + path);
  { const Fd dead = Bound(path, SOCK_STREAM); }
  REQUIRE(Exists(path));
  REQUIRE(Endpoint::Prepare("unix://" + path).ok());
  CHECK_FALSE(Exists(path));
}

TEST_CASE("a live socket is not replaced") {
  const Directory directory;
  const std::string path = directory.path + "/j.sock";
  const Fd live = Bound(path, SOCK_STREAM);
  REQUIRE(listen(live.get(), 1) == 0);
  const auto refused = Endpoint::Prepare("unix://" + path);
  CHECK(refused.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(refused.status().message().find("already listens") != absl::string_view::npos);
  CHECK(Exists(path));
}

TEST_CASE("a file that is no socket is not replaced") {
  const Directory directory;
  const std::string path = directory.path + "/j.sock";
  REQUIRE(WriteFileAtomic(path, "precious").ok());
  CHECK(Endpoint::Prepare("unix://" + path).status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(*ReadFile(path) == "precious");
}

TEST_CASE("a link in the socket's place is not followed") {
  const Directory directory;
  REQUIRE(symlink("/etc/passwd", (directory.path + "/j.sock").c_str()) == 0);
  CHECK_FALSE(Endpoint::Prepare("unix://" + directory.path + "/j.sock").ok());
}

TEST_CASE("the socket's mode is 0660 once it is open") {
  const Directory directory;
  const std::string path = directory.path + "/j.sock";
  auto endpoint = Endpoint::Prepare("unix://" + path);
  REQUIRE(endpoint.ok());
  const Fd live = Bound(path, SOCK_STREAM);
  REQUIRE((*endpoint)->Open(0).ok());
  struct stat info {};
  REQUIRE(lstat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0660);
  endpoint->reset();
  CHECK_FALSE(Exists(path));
}

TEST_CASE("the service manager is told") {
  const Directory directory;
  const std::string path = directory.path + "/notify";
  const Fd manager = Bound(path, SOCK_DGRAM);
  REQUIRE(setenv("NOTIFY_SOCKET", path.c_str(), 1) == 0);
  const auto service_manager = OrdinaryManager();
  service_manager->Ready();
  REQUIRE(unsetenv("NOTIFY_SOCKET") == 0);
  service_manager->Stopping();
  char text[32] = {};
  CHECK(recv(manager.get(), text, sizeof text, MSG_DONTWAIT) == 7);
  CHECK(std::string(text) == "READY=1");
  CHECK(recv(manager.get(), text, sizeof text, MSG_DONTWAIT) == -1);
}

}  // namespace
}  // namespace jobpod
