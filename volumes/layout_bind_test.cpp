// The mount contract: two pods, and a host that changes files meanwhile.
#include "volumes/layout_bind_linux.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include "base/file.hpp"
#include "volumes/volumes_test_support.hpp"

namespace jobpod {
namespace {

// Two pods with the same volume of <host>/source at <host>/data.
struct TwoPods : VolumesRoom {
  TwoPods(Propagation one, Propagation two) {
    host.File("source/file", "volume");
    host.Directory("source/sub");
    for (auto [id, propagation] : {std::pair{"a1", one}, std::pair{"b2", two}}) {
      VolumesRequest request = Request(id);
      Add(request, At("source"), At("data")).propagation = propagation;
      pods.push_back(std::make_unique<TestContainer>(Prepare(request)));
      REQUIRE(pods.back()->error() == "");
    }
  }
  void End(size_t pod, const std::string& id) {
    pods[pod].reset();
    REQUIRE(volumes.Release(id).ok());
  }
  std::vector<std::unique_ptr<TestContainer>> pods;
};

TEST_CASE("rule 1: a host mount that goes away does not stay busy in a container") {
  VolumesRoom room;
  std::string disk = room.host.Directory("disk");
  MountTmpfs(disk, "file", "disk");
  TestContainer one(room.Prepare(room.Request("a1")));
  TestContainer two(room.Prepare(room.Request("b2")));
  CHECK(one.Read(disk + "/file") == "disk");
  REQUIRE(umount2(disk.c_str(), 0) == 0);
  CHECK_FALSE(one.Exists(disk + "/file"));
  CHECK_FALSE(two.Exists(disk + "/file"));
}

TEST_CASE("rule 1: each pod has its own files at the same place, the host none") {
  VolumesRoom room;
  TestContainer one(room.Prepare(room.Request("a1")));
  TestContainer two(room.Prepare(room.Request("b2")));
  CHECK(one.Write(room.Below("/own"), "one") == "");
  CHECK(two.Read(room.Below("/own")).starts_with("error"));
  CHECK(std::filesystem::is_empty(room.At("hpc")));
}

TEST_CASE("rule 2: a mount the host makes later appears with HOST_TO_CONTAINER, not with PRIVATE") {
  TwoPods room(PROPAGATION_SLAVE, PROPAGATION_PRIVATE);
  MountTmpfs(room.At("source/sub"), "late", "mounted");
  CHECK(room.pods[0]->Read(room.At("data/sub/late")) == "mounted");
  CHECK(room.pods[0]->Read(room.Below(room.At("data/sub/late"))) == "mounted");
  CHECK_FALSE(room.pods[1]->Exists(room.At("data/sub/late")));
  REQUIRE(umount2(room.At("source/sub").c_str(), 0) == 0);
  CHECK_FALSE(room.pods[0]->Exists(room.At("data/sub/late")));
}

TEST_CASE("rule 2: a container's mount reaches the host and other pods with BIDIRECTIONAL") {
  TwoPods room(PROPAGATION_SHARED, PROPAGATION_SLAVE);
  room.pods[0]->Inside([&]() -> std::string {
    MountTmpfs(room.At("data/sub"), "csi", "mounted");
    return "";
  });
  CHECK(ReadText(room.At("source/sub/csi")) == "mounted");
  CHECK(room.pods[1]->Read(room.At("data/sub/csi")) == "mounted");
  room.End(0, "a1");
  CHECK(ReadText(room.At("source/sub/csi")) == "mounted");
  REQUIRE(umount2(room.At("source/sub").c_str(), 0) == 0);
}

TEST_CASE("rule 2: a container's mount stays its own with HOST_TO_CONTAINER") {
  TwoPods room(PROPAGATION_SLAVE, PROPAGATION_SLAVE);
  room.pods[0]->Inside([&]() -> std::string {
    MountTmpfs(room.At("data/sub"), "own", "mounted");
    return "";
  });
  CHECK(room.pods[0]->Read(room.At("data/sub/own")) == "mounted");
  CHECK_FALSE(std::filesystem::exists(room.At("source/sub/own")));
  CHECK_FALSE(room.pods[1]->Exists(room.At("data/sub/own")));
}

TEST_CASE("rule 3: removing one container does not detach the other's mount") {
  TwoPods room(PROPAGATION_PRIVATE, PROPAGATION_PRIVATE);
  room.End(0, "a1");
  CHECK(room.pods[1]->Read(room.At("data/file")) == "volume");
  CHECK(room.pods[1]->Write(room.Below("/own"), "x") == "");
  room.End(1, "b2");
  CHECK_FALSE(std::filesystem::exists(room.At("data")));
  CHECK_FALSE(std::filesystem::exists(room.At("hpc")));
}

TEST_CASE("rule 4: a token is read by both names when the host's /var/run is a link") {
  VolumesRoom room;
  room.host.Directory("run");
  room.host.Directory("var");
  REQUIRE(symlink(room.At("run").c_str(), room.At("var/run").c_str()) == 0);
  room.host.File("source/token", "secret");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("source"), room.At("var/run/secrets/account"));
  MountList list = room.Prepare(request);
  TestContainer container(list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.At("var/run/secrets/account/token")) == "secret");
  CHECK(container.Read(room.At("run/secrets/account/token")) == "secret");
  CHECK(room.volumes.Release("a1").ok());
  CHECK(std::filesystem::is_empty(room.At("run")));
}

TEST_CASE("rule 4: a file on a link stays when the host rewrites the file behind it") {
  VolumesRoom room;
  std::string behind = room.host.File("behind", "host");
  REQUIRE(symlink("behind", room.At("link").c_str()) == 0);
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.File("source", "volume"), room.At("link"));
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  REQUIRE(WriteFileAtomic(behind, "rewritten").ok());
  CHECK(container.Read(room.At("link")) == "volume");
  CHECK(container.Read(behind) == "rewritten");
}

TEST_CASE("rule 5: the host's identity files are not replaced, but reachable below the mount point") {
  VolumesRoom room;
  std::string path = GENERATE("/etc/hosts", "/etc/hostname", "/etc//resolv.conf");
  std::string before = ReadText(path);
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.File("source", "kubelet"), path);
  MountList list = room.Prepare(request);
  CHECK(list.mounts(0).target() == path);
  TestContainer container(list);
  REQUIRE(container.error() == "");
  CHECK(container.Read(path) == before);
  CHECK(container.Read(room.Below(path)) == "kubelet");
}

TEST_CASE("rule 6: a path inside the mount point is made in the container's own layer") {
  VolumesRoom room;
  room.host.File("source/file", "volume");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("source"), room.Below("/opt/data"));
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.Below("/opt/data/file")) == "volume");
  CHECK(std::filesystem::is_empty(room.At("hpc")));
}

TEST_CASE("volumes inside volumes, given in any order") {
  VolumesRoom room;
  room.host.File("outer/file", "outer");
  room.host.File("inner/file", "inner");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("inner"), room.At("data/deep/inner"));
  room.Add(request, room.At("outer"), room.At("data")).readonly = true;
  {
    TestContainer container(room.Prepare(request));
    REQUIRE(container.error() == "");
    CHECK(container.Read(room.At("data/file")) == "outer");
    CHECK(container.Read(room.At("data/deep/inner/file")) == "inner");
    CHECK(container.Read(room.Below(room.At("data/deep/inner/file"))) == "inner");
    CHECK(std::filesystem::is_directory(room.At("outer/deep/inner")));
  }
  CHECK(room.volumes.Release("a1").ok());
  CHECK_FALSE(std::filesystem::exists(room.At("outer/deep")));
  CHECK_FALSE(std::filesystem::exists(room.At("data")));
}

TEST_CASE("a volume inside a volume does not follow what the host has under that name") {
  VolumesRoom room;
  room.host.Directory("data");
  std::string elsewhere = room.host.Directory("elsewhere");
  REQUIRE(symlink(elsewhere.c_str(), room.At("data/deep").c_str()) == 0);
  room.host.File("inner/file", "inner");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("outer"), room.At("data"));
  room.Add(request, room.At("inner"), room.At("data/deep/inner"));
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.At("data/deep/inner/file")) == "inner");
  CHECK(std::filesystem::is_empty(elsewhere));
}

TEST_CASE("volumes inside volumes work inside the mount point too") {
  VolumesRoom room;
  room.host.File("inner/file", "inner");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("outer"), room.Below("/data"));
  room.Add(request, room.At("inner"), room.Below("/data/sub"));
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.Below("/data/sub/file")) == "inner");
}

TEST_CASE("the whole host as a volume shows what the host mounts later") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  room.Add(request, "/", room.At("host")).propagation = PROPAGATION_SLAVE;
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  MountTmpfs(room.host.Directory("late"), "file", "late");
  CHECK(container.Read(room.At("host") + room.At("late/file")) == "late");
  CHECK(container.Read(room.Below(room.At("host")) + room.At("late/file")) == "late");
}

TEST_CASE("a hostile link in a volume does not make a mount point elsewhere on the host") {
  VolumesRoom room;
  room.host.Directory("outer");
  std::string victim = room.host.Directory("victim");
  REQUIRE(symlink(victim.c_str(), room.At("outer/deep").c_str()) == 0);
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("outer"), room.At("data"));
  room.Add(request, room.host.Directory("inner"), room.At("data/deep/inner"));
  (void)room.volumes.Prepare(request);
  CHECK(std::filesystem::is_empty(victim));
  CHECK(room.volumes.Release("a1").ok());
}

TEST_CASE(
    "a volume inside a BIDIRECTIONAL one would leak to the host: only the same files again are accepted") {
  VolumesRoom room;
  room.host.File("source/sub/file", "volume");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.At("source"), room.At("data")).propagation = PROPAGATION_SHARED;
  VolumeRequest& inner = room.Add(request, room.host.Directory("other"), room.At("data/sub"));
  CHECK(Says(room.Refusal(request), "BIDIRECTIONAL"));
  inner.host_path = room.At("source/sub");
  TestContainer container(room.Prepare(request));
  REQUIRE(container.error() == "");
  CHECK(container.Read(room.At("data/sub/file")) == "volume");
  CHECK_FALSE(IsMounted(room.At("source/sub")));
}

}  // namespace
}  // namespace jobpod
