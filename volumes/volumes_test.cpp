// What stays on the host, and what does not.
#include "volumes/volumes.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "volumes/volumes_test_support.hpp"

namespace jobpod {
namespace {

using std::filesystem::exists;

TEST_CASE("a missing mount point is made with its parents and removed with the container") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.At("new/parent/data"));
  room.Add(request, room.host.File("token", "x"), room.At("new/file"));
  room.Prepare(request);
  CHECK(std::filesystem::is_directory(room.At("new/parent/data")));
  CHECK(std::filesystem::is_regular_file(room.At("new/file")));
  CHECK(std::filesystem::is_directory(room.At("hpc")));
  CHECK(room.volumes.Release("a1").ok());
  CHECK_FALSE(exists(room.At("new")));
  CHECK_FALSE(exists(room.At("hpc")));
  CHECK(room.journal.All().empty());
  CHECK(room.volumes.Release("a1").ok());
  CHECK(room.volumes.Release("ff").ok());
}

TEST_CASE("what was there before stays") {
  VolumesRoom room;
  std::string target = room.host.Directory("data");
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), target);
  room.Prepare(request);
  CHECK(room.volumes.Release("a1").ok());
  CHECK(exists(target));
}

TEST_CASE("a shared mount point is removed by its last user, in any order") {
  VolumesRoom room;
  std::string first = GENERATE("a1", "b2");
  std::string second = first == "a1" ? "b2" : "a1";
  VolumesRequest one = room.Request("a1");
  room.Add(one, room.host.Directory("source"), room.At("new/data"));
  VolumesRequest two = room.Request("b2");
  room.Add(two, room.host.Directory("source"), room.At("new/data/deeper"));
  room.Prepare(one);
  room.Prepare(two);
  CHECK(room.volumes.Release(first).ok());
  CHECK(exists(room.At("hpc")));
  CHECK(exists(room.At("new/data")));
  CHECK(exists(room.At("new/data/deeper")) == (second == "b2"));
  CHECK(room.volumes.Release(second).ok());
  CHECK_FALSE(exists(room.At("new")));
  CHECK_FALSE(exists(room.At("hpc")));
}

TEST_CASE("a mount point that is no longer ours or no longer empty stays") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.At("filled"));
  room.Add(request, room.host.Directory("source"), room.At("replaced"));
  room.Add(request, room.host.File("file", "x"), room.At("written"));
  room.Prepare(request);
  room.host.File("filled/theirs", "x");
  std::string other = room.host.Directory("other");
  REQUIRE(rmdir(room.At("replaced").c_str()) == 0);
  REQUIRE(rename(other.c_str(), room.At("replaced").c_str()) == 0);
  std::ofstream(room.At("written")) << "theirs";
  CHECK(room.volumes.Release("a1").ok());
  CHECK(exists(room.At("filled/theirs")));
  CHECK(exists(room.At("replaced")));
  CHECK(exists(room.At("written")));
  CHECK(room.journal.All().empty());
}

TEST_CASE("a host path that cannot be written is named, and nothing stays") {
  VolumesRoom room;
  std::string readonly = room.host.Directory("readonly");
  REQUIRE(mount("test", readonly.c_str(), "tmpfs", MS_RDONLY, nullptr) == 0);
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.At("new"));
  room.Add(request, room.host.Directory("source"), readonly + "/data");
  Status status = room.Refusal(request);
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(Says(status, readonly + "/data"));
  CHECK_FALSE(exists(room.At("new")));
  Volumes elsewhere(room.journal, room.At("links"), readonly + "/hpc");
  status = elsewhere.Prepare(room.Request("a1")).status();
  CHECK(Says(status, readonly + "/hpc"));
}

TEST_CASE("the type of the mount point must fit, and dangling links are said") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  VolumeRequest& volume = room.Add(request, room.host.Directory("source"), room.host.File("file", "x"));
  CHECK(Says(room.Refusal(request), "it is a file and the volume is a directory"));
  REQUIRE(symlink("nowhere", room.At("dangling").c_str()) == 0);
  volume.container_path = room.At("dangling/data");
  CHECK(Says(room.Refusal(request), room.At("dangling")));
  CHECK(Says(room.Refusal(request), "a link that leads nowhere"));
}

TEST_CASE("nothing is made that could not be journaled") {
  VolumesRoom room;
  VolumesRequest request = room.Request("a1");
  room.Add(request, room.host.Directory("source"), room.At("new"));
  room.journal.FailWrites(absl::ResourceExhaustedError("the disk is full"));
  CHECK(absl::IsResourceExhausted(room.Refusal(request)));
  CHECK_FALSE(exists(room.At("new")));
  CHECK_FALSE(exists(room.At("hpc")));
}

// Whose writes about one place wait until they are let go.
class SlowJournal : public MemoryJournal {
 public:
  explicit SlowJournal(std::string place) : place_(std::move(place)) {}
  Status Write(const JournalEntry& entry) override {
    if (entry.path == place_ && !reached_) {
      reached_ = true;
      at_place.set_value();
      go_on.get_future().wait();
    }
    return MemoryJournal::Write(entry);
  }
  std::promise<void> at_place, go_on;

 private:
  const std::string place_;
  bool reached_ = false;
};

TEST_CASE("a volume that does not answer keeps up only those who want the same place") {
  VolumesRoom room;
  SlowJournal journal(room.At("slow/data"));
  Volumes volumes(journal, room.At("links"), room.At("hpc"));
  VolumesRequest slow = room.Request("a1"), other = room.Request("b2");
  room.Add(slow, room.host.Directory("source"), room.At("slow/data"));
  room.Add(other, room.host.Directory("source"), room.At("slow/other"));
  auto waiting = std::async(std::launch::async, [&] { return volumes.Prepare(slow).status(); });
  journal.at_place.get_future().wait();
  CHECK(volumes.Prepare(other).status() == absl::OkStatus());
  CHECK(exists(room.At("slow/other")));
  CHECK(volumes.Release("b2").ok());
  CHECK_FALSE(exists(room.At("slow/other")));
  journal.go_on.set_value();
  CHECK(waiting.get() == absl::OkStatus());
  CHECK(exists(room.At("slow/data")));
  CHECK(volumes.Release("a1").ok());
  CHECK_FALSE(exists(room.At("slow")));
}

TEST_CASE("mount points that come and go at the same time are there for whom they were made") {
  VolumesRoom room;
  room.host.Directory("source");
  std::vector<VolumesRequest> requests;
  for (const char* id : {"a1", "b2", "c3"}) {
    requests.push_back(room.Request(id));
    room.Add(requests.back(), room.At("source"), room.At("new/parent/data"));
  }
  std::vector<std::jthread> containers;
  std::atomic<int> wrong = 0;
  for (const VolumesRequest& request : requests)
    containers.emplace_back([&room, &request, &wrong] {
      for (int round = 0; round < 200; ++round) {
        if (!room.volumes.Prepare(request).ok() || !exists(room.At("new/parent/data"))) ++wrong;
        if (!room.volumes.Release(request.container_id).ok()) ++wrong;
      }
    });
  containers.clear();
  CHECK(wrong == 0);
  CHECK_FALSE(exists(room.At("new")));
  CHECK(room.journal.All().empty());
}

TEST_CASE("recovery sweeps what belongs to nobody and keeps the rest") {
  VolumesRoom room;
  VolumesRequest kept = room.Request("a1");
  room.Add(kept, room.host.Directory("source"), room.At("new/kept"));
  VolumesRequest lost = room.Request("b2");
  room.Add(lost, room.host.Directory("source"), room.At("new/lost"));
  VolumesRequest linked = room.Request("c3", Layout::kHostProcessLink);
  room.Prepare(kept);
  room.Prepare(lost);
  room.Prepare(linked);
  // The daemon died right after it announced and made this one.
  room.host.Directory("new/announced");
  REQUIRE(room.journal.Write({"d4", "stub-directory", room.At("new/announced")}).ok());
  // Another room's entries are none of ours.
  REQUIRE(room.journal.Write({"e5", "directory", room.At("source")}).ok());
  Volumes restarted(room.journal, room.At("links"), room.At("hpc"));
  CHECK(restarted.Recover({"a1"}).ok());
  CHECK(exists(room.At("new/kept")));
  CHECK(exists(room.At("hpc")));
  CHECK(exists(room.At("source")));
  CHECK_FALSE(exists(room.At("new/lost")));
  CHECK_FALSE(exists(room.At("new/announced")));
  CHECK_FALSE(exists(room.At("links/c3")));
  CHECK(restarted.Recover({}).ok());
  CHECK_FALSE(exists(room.At("new")));
  CHECK(room.journal.All().size() == 1);
}

TEST_CASE("the true /hpc, kubelet's usual volumes, and no trace of them afterwards") {
  VolumesRoom room;
  Volumes real(room.journal, room.At("links"), "/hpc");
  VolumesRequest request = room.Request("a1");
  std::string token = "/var/run/secrets/kubernetes.io/serviceaccount";
  room.Add(request, room.host.File("log", ""), "/dev/termination-log");
  room.host.File("token/token", "secret");
  room.Add(request, room.At("token"), token).readonly = true;
  StatusOr<MountList> list = real.Prepare(request);
  REQUIRE(list.ok());
  std::vector<JournalEntry> made = room.journal.OwnedBy("a1");
  {
    TestContainer container(*list);
    REQUIRE(container.error() == "");
    CHECK(container.Read(token + "/token") == "secret");
    CHECK(container.Read("/run/secrets/kubernetes.io/serviceaccount/token") == "secret");
    CHECK(container.Read("/hpc" + token + "/token") == "secret");
    CHECK(container.Write("/dev/termination-log", "done") == "");
    CHECK(ReadText(room.At("log")) == "done");
  }
  REQUIRE(real.Release("a1").ok());
  CHECK(room.journal.All().empty());
  for (const JournalEntry& entry : made) {
    struct stat info {};
    bool there = lstat(entry.path.c_str(), &info) == 0 && info.st_ino == entry.inode;
    INFO(entry.path);
    CHECK_FALSE(there);
  }
}

}  // namespace
}  // namespace jobpod
