// Volumes in the bind and the link layout, always with a second pod beside.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "base/handle_linux.hpp"
#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

// A path on the host that does not exist, for targets.
std::string FreshTarget(const std::string& name) {
  return Concat("/mnt/jobpod-test-", getpid(), "/", name);
}

struct Tree : TemporaryDirectory {
  Tree() {
    mkdir((*this / "dir").c_str(), 0755);
    Spill(*this / "dir/inside", "volume file\n");
    Spill(*this / "single", "single file\n");
    symlink("dir", (*this / "link").c_str());
  }
};

}  // namespace

TEST_CASE("the image's files are at /hpc, private to each container") {
  Pod first, second;
  const bool existed = fs::exists("/hpc");
  const std::string a = first.Start(Busybox("echo one > /hpc/mine; cat /hpc/etc/jobpod-image; sleep 1000"));
  REQUIRE(first.Says(a, "from the image"));
  CHECK(RunScript(second, "cat /hpc/etc/jobpod-image; cat /hpc/mine").out == "from the image\n");
  CHECK(!fs::exists("/hpc/etc"));
  (void)existed;
}

TEST_CASE("directories and files are at their path and below the mount point") {
  Tree tree;
  Pod pod;
  cri::ContainerConfig container = Busybox("cat " + FreshTarget("dir/inside") + " " + FreshTarget("file") +
                                           " /hpc" + FreshTarget("dir/inside"));
  AddMount(container, tree / "dir", FreshTarget("dir"));
  AddMount(container, tree / "single", FreshTarget("file"));
  const Ran ran = pod.Run(container);
  INFO(ran.err << ran.status.message());
  CHECK(ran.out == "volume file\nsingle file\nvolume file\n");
  REQUIRE(ran.status.mounts_size() == 2);
  CHECK(ran.status.mounts(0).container_path() == FreshTarget("dir"));
  CHECK(ran.status.mounts(0).host_path() == tree / "dir");
}

TEST_CASE("a volume's target does not show on the host and its stub goes with the last user") {
  Tree tree;
  const std::string target = FreshTarget("shared");
  {
    Pod first, second;
    cri::ContainerConfig container = Busybox("cat " + target + "/inside; sleep 1000");
    AddMount(container, tree / "dir", target);
    const std::string a = first.Start(container);
    const std::string b = second.Start(container);
    REQUIRE(first.Says(a, "volume file"));
    REQUIRE(second.Says(b, "volume file"));
    CHECK(!fs::exists(target + "/inside"));
    first.client().Remove(a);
    CHECK(second.client().Exec(b, {kBusybox, "cat", target + "/inside"}).stdout() == "volume file\n");
  }
  CHECK(!fs::exists(target));
  CHECK(!fs::exists(fs::path(target).parent_path()));
}

TEST_CASE("a read-only volume cannot be written by either name") {
  Tree tree;
  Pod pod;
  cri::ContainerConfig container =
      Busybox("echo x > " + FreshTarget("ro/new") + " && echo wrote; echo x > /hpc" + FreshTarget("ro/new") +
              " && echo wrote; cat " + FreshTarget("ro/inside"));
  AddMount(container, tree / "dir", FreshTarget("ro"), true);
  CHECK(pod.Run(container).out == "volume file\n");
  CHECK(!fs::exists(tree / "dir/new"));
}

TEST_CASE("writes reach the host, and the host's later writes reach the container") {
  Tree tree;
  Pod pod;
  const std::string target = FreshTarget("rw");
  cri::ContainerConfig container = Busybox("echo from container > " + target + "/out; while ! cat " + target +
                                           "/late 2>/dev/null; do usleep 10000; done");
  AddMount(container, tree / "dir", target);
  const std::string id = pod.Start(container);
  REQUIRE(Eventually([&] { return Slurp(tree / "dir/out") == "from container\n"; }));
  Spill(tree / "dir/late", "from host\n");
  CHECK(pod.Says(id, "from host"));
}

TEST_CASE("a symbolic link as source is followed") {
  Tree tree;
  Pod pod;
  cri::ContainerConfig container = Busybox("cat " + FreshTarget("through/inside"));
  AddMount(container, tree / "link", FreshTarget("through"));
  CHECK(pod.Run(container).out == "volume file\n");
}

TEST_CASE("volumes nest in any order") {
  Tree tree;
  mkdir((tree / "outer").c_str(), 0755);
  Spill(tree / "outer/own", "outer\n");
  for (const bool inner_first : {false, true}) {
    Pod pod;
    const std::string target = FreshTarget("nest");
    cri::ContainerConfig container = Busybox("cat " + target + "/own " + target + "/inner/inside");
    if (inner_first) AddMount(container, tree / "dir", target + "/inner");
    AddMount(container, tree / "outer", target);
    if (!inner_first) AddMount(container, tree / "dir", target + "/inner");
    const Ran ran = pod.Run(container);
    INFO(ran.status.message() << ran.err);
    CHECK(ran.out == "outer\nvolume file\n");
  }
}

TEST_CASE("a token below /var/run/secrets is found by both names, with an image whose /var/run is a link") {
  Tree tree;
  Pod pod;
  cri::ContainerConfig container = HostProcessContainer(
      "main", Image("debian"),
      {"$CONTAINER_SANDBOX_MOUNT_POINT/usr/bin/bash", "-c",
       "cat /var/run/secrets/jobpod.test/token/inside /run/secrets/jobpod.test/token/inside "
       "/hpc/var/run/secrets/jobpod.test/token/inside"});
  AddMount(container, tree / "dir", "/var/run/secrets/jobpod.test/token", true);
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out == "volume file\nvolume file\nvolume file\n");
  pod.client().Remove(ran.id);
  CHECK(!fs::exists("/run/secrets/jobpod.test"));
}

TEST_CASE("a Unix socket is reached through a volume") {
  TemporaryDirectory directory;
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", (directory / "s.sock").c_str());
  REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  Pod pod;
  cri::ContainerConfig container = Busybox("test -S " + FreshTarget("socket") + " && echo socket");
  AddMount(container, directory / "s.sock", FreshTarget("socket"));
  CHECK(pod.Run(container).out == "socket\n");
}

TEST_CASE("the termination log is written through a file mount") {
  TemporaryDirectory directory;
  Spill(directory / "message", "");
  Pod pod;
  // A name of its own: other pods of this host may use kubelet's.
  const std::string target = Concat("/dev/termination-log-", getpid());
  cri::ContainerConfig container = Busybox("echo the reason > " + target + "; exit 1");
  AddMount(container, directory / "message", target);
  const Ran ran = pod.Run(container);
  CHECK(Slurp(directory / "message") == "the reason\n");
  CHECK(ran.status.mounts(0).container_path() == target);
  pod.client().Remove(ran.id);
  CHECK(!fs::exists(target));
}

TEST_CASE("the host's own hosts and resolver files are not covered") {
  TemporaryDirectory directory;
  Spill(directory / "hosts", "kubelet's hosts\n");
  Pod pod;
  cri::ContainerConfig container = Busybox("cat /etc/hosts; echo --; cat /hpc/etc/hosts");
  AddMount(container, directory / "hosts", "/etc/hosts");
  const Ran ran = pod.Run(container);
  CHECK(ran.out == Slurp("/etc/hosts") + "--\nkubelet's hosts\n");
  CHECK(ran.status.mounts_size() == 1);
}

TEST_CASE("an image is mounted as a volume") {
  Pod pod;
  Image("layers");
  cri::ContainerConfig container = Busybox("cat " + FreshTarget("image") + "/top; touch " +
                                           FreshTarget("image") + "/new 2>/dev/null || echo read-only");
  cri::Mount* mount = container.add_mounts();
  mount->set_container_path(FreshTarget("image"));
  mount->set_readonly(true);
  mount->mutable_image()->set_image(Image("layers"));
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out == "top\nread-only\n");
}

TEST_CASE("the link layout shows the files to the host, and volumes as links") {
  Tree tree;
  std::string path;
  {
    Pod pod(SharedDaemon(), "hostprocess-link");
    cri::ContainerConfig container = Busybox(
        "echo at=$CONTAINER_SANDBOX_MOUNT_POINT; cat $CONTAINER_SANDBOX_MOUNT_POINT" +
        FreshTarget("dir/inside") + "; cat $CONTAINER_SANDBOX_MOUNT_POINT/etc/jobpod-image; sleep 1000");
    AddMount(container, tree / "dir", FreshTarget("dir"));
    const std::string id = pod.Start(container);
    REQUIRE(pod.Says(id, "from the image"));
    const std::string text = LogText(pod.Log(id));
    CHECK(text.find("volume file\n") != std::string::npos);
    path = text.substr(3, text.find('\n') - 3);
    CHECK(path.find(id) != std::string::npos);
    CHECK(Slurp(path + "/etc/jobpod-image") == "from the image\n");
  }
  CHECK(!fs::exists(path));
}

TEST_CASE("a deleted layer's files, opaque directories, hard links and attributes unpack as in the image") {
  Pod pod;
  cri::ContainerConfig container =
      HostProcessContainer("main", Image("layers"),
                           {kBusybox, "sh", "-c",
                            "cd /hpc; ls keep hide; cat top; test keep/lower -ef keep/hardlink && echo same; "
                            "stat -c %h keep/lower"});
  const Ran ran = pod.Run(container);
  INFO(ran.err);
  CHECK(ran.out == "hide:\nupper\n\nkeep:\nhardlink\nlower\ntop\nsame\n2\n");
}

}  // namespace jobpod::test
