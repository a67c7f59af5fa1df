#include <winternl.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/security_windows.hpp"
#include "base/temporary_directory.hpp"
#include "test/fakes/memory_journal.hpp"
#include "volumes/host_item_windows.hpp"
#include "volumes/layout_bind_windows.hpp"
#include "volumes/layout_link_windows.hpp"
#include "volumes/rootfs_read.hpp"
#include "volumes/rootfs_walk_windows.hpp"
#include "volumes/volumes.hpp"

namespace jobpod {
namespace {

struct Room {
  Room() : volumes(journal, host / "hpc", "C:\\hpc") {
    File("upper/bin/tool.exe", "tool");
    File("upper/data/theirs", "image");
  }
  std::string At(const std::string& name) const { return host / name; }
  std::string File(const std::string& name, const std::string& content) {
    const std::string path = host / name;
    REQUIRE(MakeDirectories(path.substr(0, path.rfind('\\'))).ok());
    REQUIRE(WriteFileAtomic(path, content).ok());
    return path;
  }
  std::string Directory(const std::string& name) {
    REQUIRE(MakeDirectories(host / name).ok());
    return host / name;
  }
  VolumesRequest Request(const std::string& id = "a1") {
    VolumesRequest request{id, Layout::kHostProcessLink, {}, {}};
    request.root.set_upper(host / "upper");
    return request;
  }
  static VolumeRequest& Add(VolumesRequest& request, const std::string& source, const std::string& target) {
    VolumeRequest volume;
    volume.host_path = source;
    volume.container_path = target;
    return request.volumes.emplace_back(volume);
  }
  MountList Prepare(const VolumesRequest& request) {
    StatusOr<MountList> list = volumes.Prepare(request);
    INFO(list.status().ToString());
    REQUIRE(list.ok());
    return *std::move(list);
  }
  std::string Refusal(const VolumesRequest& request) {
    const Status status = volumes.Prepare(request).status();
    CHECK_FALSE(status.ok());
    CHECK(journal.OwnedBy(request.container_id).empty());
    return std::string(status.message());
  }

  struct Host {
    std::string operator/(std::string name) const {
      std::ranges::replace(name, '/', '\\');
      return directory.path + "\\" + name;
    }
    TemporaryDirectory directory;
  } host;
  MemoryJournal journal;
  Volumes volumes;
};

bool Says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("link layout: the rootfs is on the host, volumes are links below it, and all of it goes") {
  Room room;
  VolumesRequest request = room.Request();
  room.File("source/file", "volume");
  room.Add(request, room.At("source"), "C:\\data");
  room.Add(request, room.File("log", ""), "/dev/termination-log");
  room.Add(request, room.Directory("source-2"), "c:/var/run/secrets/thing");
  const MountList list = room.Prepare(request);
  CHECK_FALSE(list.private_namespace());
  CHECK(list.root().target() == room.At("hpc/a1"));
  CHECK(list.mounts_size() == 3);
  CHECK(*ReadFile(room.At("hpc/a1/bin/tool.exe")) == "tool");
  CHECK(*ReadFile(room.At("hpc/a1/data/file")) == "volume");
  REQUIRE(WriteFileAtomic(room.At("hpc/a1/var/run/secrets/thing/new"), "new").ok());
  CHECK(*ReadFile(room.At("source-2/new")) == "new");
  {
    auto log = OpenPath(room.At("hpc/a1/dev/termination-log"), GENERIC_WRITE, OPEN_EXISTING);
    REQUIRE(log.ok());
    REQUIRE(WriteAll(log->get(), "bye", "log").ok());
  }
  CHECK(*ReadFile(room.At("log")) == "bye");
  const Status released = room.volumes.Release("a1");
  INFO(released.ToString());
  CHECK(released.ok());
  CHECK(room.journal.All().empty());
  CHECK_FALSE(PathExists(room.At("hpc/a1")));
  CHECK(RemoveTree(room.At("upper")).ok());
  CHECK(*ReadFile(room.At("source/file")) == "volume");
  CHECK(*ReadFile(room.At("source-2/new")) == "new");
  CHECK(*ReadFile(room.At("log")) == "bye");
  CHECK(room.volumes.Release("a1").ok());
}

// A user may have made C:\hpc before the first container, and who writes to a junction can lead it elsewhere.
TEST_CASE("link layout: only administrators may change the link root and the links in it, whoever could before") {
  Room room;
  const std::string link_root = room.Directory("hpc");
  {
    auto open = Security::Parse(L"D:(A;OICI;FA;;;WD)");
    auto directory = OpenPath(link_root, WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    REQUIRE(SetKernelObjectSecurity(directory->get(), DACL_SECURITY_INFORMATION, open->descriptor()));
    REQUIRE_FALSE(CheckProtected(link_root).ok());
  }
  room.Prepare(room.Request());
  const Status safe = CheckProtected(link_root);
  INFO(safe.ToString());
  CHECK(safe.ok());
  auto junction = OpenPath(room.At("hpc/a1"), READ_CONTROL, OPEN_EXISTING,
                           FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
  REQUIRE(junction.ok());
  CHECK(CheckWriters(junction->get(), "the junction").ok());
  CHECK(room.volumes.Release("a1").ok());
}

TEST_CASE("link layout: what a link cannot honour is refused with the reason and leaves nothing") {
  Room room;
  VolumesRequest request = room.Request();
  VolumeRequest& volume = room.Add(request, room.Directory("source"), "C:\\data");
  volume.readonly = true;
  CHECK(Says(room.Refusal(request), "a link cannot make it read-only"));
  volume.readonly = false;
  room.Add(request, room.Directory("inner"), "c:\\DATA\\inner");
  CHECK(Says(room.Refusal(request), "it lies inside another volume"));
  request.volumes.pop_back();
  VolumeRequest image;
  image.image_layers = {room.At("upper")};
  image.container_path = "C:\\image";
  image.readonly = true;
  request.volumes.push_back(image);
  CHECK(Says(room.Refusal(request), "ImageVolumeMountFailed"));
  CHECK_FALSE(PathExists(room.At("hpc/a1")));
}

TEST_CASE("link layout: a service account's token may be read-only") {
  Room room;
  VolumesRequest request = room.Request();
  room.File("kubelet/pods/1/volumes/kubernetes.io~projected/kube-api-access/token", "secret");
  room.Add(request, room.At("kubelet/pods/1/volumes/kubernetes.io~projected/kube-api-access"),
           "/var/run/secrets/kubernetes.io/serviceaccount")
      .readonly = true;
  room.Prepare(request);
  CHECK(*ReadFile(room.At("hpc/a1/var/run/secrets/kubernetes.io/serviceaccount/token")) == "secret");
  CHECK(room.volumes.Release("a1").ok());
}

TEST_CASE("named pipes need no mount, and cannot have another name") {
  Room room;
  VolumesRequest request = room.Request();
  room.Add(request, "\\\\.\\pipe\\docker_engine", "//./pipe/Docker_Engine");
  CHECK(room.Prepare(request).mounts_size() == 0);
  CHECK(room.volumes.Release("a1").ok());
  room.Add(request, "\\\\.\\pipe\\one", "\\\\.\\pipe\\other");
  CHECK(Says(room.Refusal(request), "named pipe mounts not supported for job containers - interact with the pipe directly"));
  request.volumes.back().container_path = "C:\\pipe";
  CHECK(Says(room.Refusal(request), "named pipe mounts not supported"));
}

TEST_CASE("bad requests are refused by name before anything is made") {
  Room room;
  const auto refusal = [&](const std::string& source, const std::string& target) {
    VolumesRequest request = room.Request();
    room.Add(request, source, target);
    return room.Refusal(request);
  };
  const std::string source = room.Directory("source");
  CHECK(Says(refusal(source, "C:"), "destination path can not be C drive"));
  CHECK(Says(refusal(source, "C:\\a\\CON"), "device"));
  CHECK(Says(refusal("", "C:\\a"), "a mount must have both source and a destination"));
  CHECK(Says(refusal(room.At("none"), "C:\\a"), "failed to resolve symlink"));
  CHECK(Says(refusal("relative", "C:\\a"), "is not absolute"));
  VolumesRequest twice = room.Request();
  room.Add(twice, source, "C:\\a");
  room.Add(twice, source, "c:/A");
  CHECK(Says(room.Refusal(twice), "mounted twice"));
  VolumesRequest image_root = room.Request();
  image_root.layout = Layout::kImageRoot;
  CHECK(Says(room.Refusal(image_root), "hostprocess"));
  CHECK_FALSE(PathExists(room.At("hpc/a1")));
}

TEST_CASE("a volume takes the place of what the image has there, and of a file in its way") {
  Room room;
  VolumesRequest request = room.Request();
  room.File("upper/a", "file");
  room.File("source/file", "volume");
  room.Add(request, room.At("source"), "C:\\a\\b");
  room.Add(request, room.At("source/file"), "C:\\data\\theirs");
  room.Prepare(request);
  CHECK(*ReadFile(room.At("hpc/a1/a/b/file")) == "volume");
  CHECK(*ReadFile(room.At("hpc/a1/data/theirs")) == "volume");
  CHECK(room.volumes.Release("a1").ok());
}

TEST_CASE("recovery takes down what belongs to nobody, and only that") {
  Room room;
  VolumesRequest request = room.Request();
  room.Add(request, room.Directory("source"), "C:\\data");
  room.Prepare(request);
  Volumes again(room.journal, room.At("hpc"), "C:\\hpc");
  CHECK(again.Recover({"a1"}).ok());
  CHECK(PathExists(room.At("hpc/a1")));
  CHECK(again.Recover({}).ok());
  CHECK_FALSE(PathExists(room.At("hpc/a1")));
  CHECK(room.journal.All().empty());
  CHECK(PathExists(room.At("source")));
}

TEST_CASE("something else in a link's place stays") {
  Room room;
  room.Prepare(room.Request());
  std::vector<JournalEntry> entries = room.journal.All();
  REQUIRE(room.volumes.Release("a1").ok());
  room.Directory("hpc/a1/theirs");
  for (const JournalEntry& entry : entries) REQUIRE(room.journal.Write(entry).ok());
  CHECK(room.volumes.Release("a1").ok());
  CHECK(PathExists(room.At("hpc/a1/theirs")));
  CHECK(room.journal.All().empty());
}

TEST_CASE("bind layout: directories that the host lacks are made, shared and removed by the last") {
  Room room;
  HostItems items(room.journal);
  const std::string base = room.Directory("drive");
  const auto prepare = [&](const std::string& owner, const std::string& target) {
    CheckedVolume volume;
    volume.mount.set_source(room.At("source"));
    volume.target = *ParseWindowsTarget(base + "\\" + target);
    RootMount root;
    root.set_target(base + "\\hosts\\hpc");
    root.set_upper(room.At("upper"));
    return PrepareBind(owner, root, {volume}, items);
  };
  const std::string below = base + "\\hosts\\hpc" + base.substr(2) + "\\var\\log";
  const auto list = prepare("a1", "var\\log\\x");
  INFO(list.status().ToString());
  REQUIRE(list.ok());
  CHECK(list->private_namespace());
  CHECK(CheckProtected(base + "\\hosts\\hpc").ok());
  CHECK((list->mounts(0).at_target() && list->mounts(0).below_rootfs()));
  CHECK(PathExists(base + "\\var\\log"));
  CHECK_FALSE(PathExists(base + "\\var\\log\\x"));
  CHECK(PathExists(below));
  CHECK_FALSE(PathExists(below + "\\x"));
  REQUIRE(prepare("b2", "var\\log\\y").ok());
  CHECK(room.volumes.Release("a1").ok());
  CHECK((PathExists(base + "\\var\\log") && PathExists(below)));
  CHECK(room.volumes.Release("b2").ok());
  CHECK_FALSE(PathExists(base + "\\var"));
  CHECK_FALSE(PathExists(base + "\\hosts"));
  CHECK(PathExists(base));
  CHECK(room.journal.All().empty());
}

TEST_CASE("bind layout: a working directory is made in the container's own files, where its account may not") {
  Room room;
  RootMount root;
  root.set_target("C:\\hpc");
  root.set_upper(room.At("upper"));
  CHECK(MakeRootfsDirectory(root, "C:\\hpc").ok());
  CHECK(MakeRootfsDirectory(root, "C:\\hpc\\app\\work").ok());
  CHECK(MakeRootfsDirectory(root, "C:\\hpc\\app\\work\\").ok());
  CHECK(PathExists(room.At("upper/app/work")));
  CHECK_FALSE(PathExists(room.At("upper/app/work/file")));
}

TEST_CASE("bind layout: a volume in the place of the container's own files is refused, and nothing is made") {
  Room room;
  HostItems items(room.journal);
  const std::string base = room.Directory("drive");
  RootMount root;
  root.set_target(base + "\\hosts\\hpc");
  root.set_upper(room.At("upper"));
  for (const std::string target : {"\\hosts\\hpc", "\\HOSTS\\hpc", "\\hosts"}) {
    CheckedVolume volume;
    volume.target = *ParseWindowsTarget(base + target);
    const Status refused = PrepareBind("a1", root, {volume}, items).status();
    CHECK(absl::IsInvalidArgument(refused));
    CHECK(Says(std::string(refused.message()), "is where the container's own files are"));
  }
  CHECK(room.journal.All().empty());
}

TEST_CASE("the image's own files are read below its rootfs, and nothing else") {
  Room room;
  RootMount root;
  root.set_upper(room.At("upper"));
  const auto texts = ReadRootfsFiles(root, {"/bin/tool.exe", "/none", "C:\\data"}, 100);
  REQUIRE(texts.ok());
  CHECK(*texts == std::vector<std::string>{"tool", "", ""});
  CHECK(absl::IsResourceExhausted(ReadRootfsFiles(root, {"/bin/tool.exe"}, 3).status()));
}

}  // namespace
}  // namespace jobpod
