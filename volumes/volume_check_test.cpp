#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "volumes/volumes_test_support.hpp"

namespace jobpod {
namespace {

TEST_CASE("a bad container_path is refused by its name") {
  VolumesRoom room;
  std::string path = GENERATE(std::string(""), std::string("data"), std::string("/"), std::string("//."),
                              std::string("/a/../b"), std::string("/a\0b", 4));
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), path);
  Status status = room.Refusal(request);
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(status, Concat("container_path \"", path.c_str(), "\"")));
}

TEST_CASE("one path cannot be mounted twice, however it is written") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.At("data"));
  room.Add(request, room.host.Directory("source"), room.At("/./data/"));
  CHECK(absl::IsInvalidArgument(room.Refusal(request)));
}

TEST_CASE("a container_path that hides the image's files is refused") {
  VolumesRoom room;
  std::string path = GENERATE(std::string("hpc"), std::string(""));
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.host.path() + (path.empty() ? "" : "/" + path));
  CHECK(Says(room.Refusal(request), "would hide the image's files"));
  CHECK_FALSE(std::filesystem::exists(room.At("hpc")));
}

TEST_CASE("a missing source is not found, a cyclic one is refused") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  VolumeRequest& volume = room.Add(request, room.At("none"), room.At("data"));
  Status missing = room.Refusal(request);
  CHECK(absl::IsNotFound(missing));
  CHECK(Says(missing, room.At("none")));
  REQUIRE(symlink("two", room.At("one").c_str()) == 0);
  REQUIRE(symlink("one", room.At("two").c_str()) == 0);
  volume.host_path = room.At("one");
  Status cyclic = room.Refusal(request);
  CHECK(absl::IsInvalidArgument(cyclic));
  CHECK(Says(cyclic, room.At("one")));
  volume.host_path = "relative";
  CHECK(absl::IsInvalidArgument(room.Refusal(request)));
}

TEST_CASE("BIDIRECTIONAL is refused when the source's mount is not shared, in both layouts") {
  VolumesRoom room;
  Layout layout = GENERATE(Layout::kHostProcess, Layout::kHostProcessLink);
  std::string source = room.host.Directory("source");
  MountTmpfs(source, "file", "x");
  REQUIRE(mount("", source.c_str(), nullptr, MS_PRIVATE, nullptr) == 0);
  VolumesRequest request = room.Request("a1", layout);
  room.Add(request, source, room.At("data")).propagation = PROPAGATION_SHARED;
  Status status = room.Refusal(request);
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(status, "path " + source + " is mounted on " + source + " but it is not a shared mount"));
}

TEST_CASE("links, files, sockets and devices can be sources") {
  VolumesRoom room;
  room.host.File("real/file", "text");
  REQUIRE(symlink("real", room.At("link").c_str()) == 0);
  int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Fd listener(socket_fd);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  room.At("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("link"), room.At("data"));
  room.Add(request, room.At("link/file"), room.At("config"));
  room.Add(request, room.At("socket"), room.At("agent.sock"));
  room.Add(request, "/dev/null", room.At("nothing"));
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.At("data/file")) == "text");
  CHECK(container.Read(room.Below(room.At("config"))) == "text");
  CHECK(container.Inside([&] {
    return std::filesystem::is_socket(room.At("agent.sock")) ? "socket" : "other";
  }) == "socket");
  CHECK(container.Read(room.At("nothing")) == "");
}

TEST_CASE("image volumes are checked before the container is made") {
  VolumesRoom room;
  int layers = GENERATE(1, 3);
  VolumesRequest request = room.Request("a1");
  VolumeRequest& volume = room.Add(request, "", room.At("data"));
  for (int i = 0; i < layers; ++i) {
    room.host.File(Concat("volume/", i, "/sub/file"), Concat(i));
    volume.image_layers.push_back(Concat(room.At("volume/"), i));
  }
  volume.image_sub_path = "none";
  CHECK(Says(room.Refusal(request), "ImageVolumeMountFailed"));
  volume.readonly = true;
  Status missing = room.Refusal(request);
  CHECK(absl::IsNotFound(missing));
  CHECK(std::string(Message(missing)).starts_with("ImageVolumeMountFailed: "));
  CHECK(Says(missing, "none"));
  volume.image_sub_path = "sub/file";
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.At("data")) == "0");
  CHECK_FALSE(IsMounted(room.At("volume/0")));
}

}  // namespace
}  // namespace jobpod
