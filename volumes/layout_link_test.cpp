#include "volumes/layout_link_linux.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include "base/file.hpp"
#include "volumes/volumes_test_support.hpp"

namespace jobpod {
namespace {

using std::filesystem::exists;

TEST_CASE("link layout: the rootfs is on the host and volumes are links below it") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1", Layout::kHostProcessLink);
  room.host.File("image-a1/layer/bin/tool", "tool");
  room.host.File("image-a1/layer/data/theirs", "image");
  room.host.File("source/file", "volume");
  room.Add(request, room.At("source"), "/data");
  room.Add(request, room.host.File("token", "secret"), "/var/secrets/token");
  MountList list = room.Prepare(request);
  CHECK_FALSE(list.private_namespace());
  CHECK(list.root().target() == room.At("links/a1"));
  CHECK(ReadText(room.At("links/a1/bin/tool")) == "tool");
  CHECK(ReadText(room.At("links/a1/data/file")) == "volume");
  CHECK(ReadText(room.At("links/a1/var/secrets/token")) == "secret");
  CHECK(ReadText(room.At("image-a1/layer/data/theirs")) == "image");
  TestContainer container(list);
  CHECK(container.error() == "");
  CHECK(room.volumes.Release("a1").ok());
  CHECK_FALSE(exists(room.At("links/a1")));
  CHECK(room.journal.All().empty());
  CHECK(ReadText(room.At("source/file")) == "volume");
}

TEST_CASE("link layout: the image's absolute links do not lead a volume's link onto the host") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1", Layout::kHostProcessLink);
  std::string victim = room.host.Directory("victim");
  room.host.Directory("image-a1/layer/var");
  REQUIRE(symlink(victim.c_str(), room.At("image-a1/layer/var/run").c_str()) == 0);
  room.host.File("source/file", "volume");
  room.Add(request, room.At("source"), "/var/run/data");
  room.Prepare(request);
  CHECK(std::filesystem::is_empty(victim));
  CHECK(ReadText(room.At("links/a1/var/run/data/file")) == "volume");
}

TEST_CASE("link layout: what a link cannot honour is refused with the reason") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1", Layout::kHostProcessLink);
  VolumeRequest& volume = room.Add(request, room.host.Directory("source"), "/data");
  volume.readonly = true;
  CHECK(Says(room.Refusal(request), "a link cannot make it read-only"));
  volume.readonly = false;
  room.Add(request, room.host.Directory("inner"), "/data/inner");
  CHECK(Says(room.Refusal(request), "it lies inside another volume"));
  request.volumes.pop_back();
  VolumeRequest& image = room.Add(request, "", "/image");
  image.image_layers.push_back(room.host.Directory("layer"));
  image.readonly = true;
  CHECK(Says(room.Refusal(request), "ImageVolumeMountFailed"));
  CHECK_FALSE(exists(room.At("links/a1")));
}

TEST_CASE("link layout: a read-only volume is fine where the host has it read-only") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1", Layout::kHostProcessLink);
  std::string source = room.host.Directory("source");
  MountTmpfs(source, "file", "volume");
  REQUIRE(mount("", source.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
  room.Add(request, source, "/data").readonly = true;
  room.Prepare(request);
  CHECK(ReadText(room.At("links/a1/data/file")) == "volume");
}

TEST_CASE("link layout: a failed mount leaves nothing on the host") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1", Layout::kHostProcessLink);
  request.root.add_lower(room.At("none"));
  CHECK_FALSE(room.Refusal(request).ok());
  CHECK_FALSE(exists(room.At("links/a1")));
}

TEST_CASE("link layout: release after a reboot, or after somebody unmounted it") {
  VolumesRoom room;
  room.Prepare(room.Request("a1", Layout::kHostProcessLink));
  REQUIRE(umount2(room.At("links/a1").c_str(), 0) == 0);
  CHECK(room.volumes.Release("a1").ok());
  CHECK_FALSE(exists(room.At("links/a1")));
}

}  // namespace
}  // namespace jobpod
