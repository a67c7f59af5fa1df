// image-root: the image is `/`, with a /dev, /proc and /etc of its own and volumes at exactly their paths.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "test/integration/image_root_pods.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("the image is the root, and each container has its own") {
  OpenDaemon open;
  PlainPod one(open), two(open);
  const std::string script =
      "cat /etc/jobpod-image; test -e /hpc && echo hpc; test -e /boot && echo host; pwd; echo $PATH; "
      "echo $CONTAINER_SANDBOX_MOUNT_POINT; test -e /mine && echo shared; echo x > /mine";
  for (PlainPod* pod : {&one, &two}) {
    const Ran ran = pod->Run(open.Plain(script));
    INFO(ran.status.message() << ran.err);
    CHECK(ran.out == "from the image\n/\n/bin\n/\n");
  }
  CHECK(!fs::exists("/mine"));
}

TEST_CASE("dynamic images run with their own libraries and interpreter") {
  OpenDaemon open;
  PlainPod pod(open);
  cri::ContainerConfig debian = open.Plain("cat /etc/debian_version; id -u; ls /usr/bin", "debian");
  debian.clear_command();
  for (const char* word : {"bash", "-c", "cat /etc/debian_version; id -u; ls /usr/bin"})
    debian.add_command(word);
  const Ran ran = pod.Run(debian);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out.find("jobpod test image\n0\nbash\ncat\n") == 0);
  cri::ContainerConfig musl = open.Plain("", "musl");
  musl.clear_command();
  CHECK(pod.Run(musl).out == "hello from musl\n");
  // The interpreter of a program is looked for in the image alone.
  cri::ContainerConfig alpine = open.Plain("", "alpine");
  alpine.clear_command();
  const std::string id = pod.Create(alpine);
  const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
  CHECK(outcome.error_message().find("/lib/ld-nowhere-x86_64.so.1") != std::string::npos);
}

TEST_CASE("/dev has the standard devices, and a node the container makes opens nothing") {
  OpenDaemon open;
  PlainPod pod(open);
  const Ran ran = pod.Run(
      open.Plain("cd /dev; for n in full null random tty urandom zero; do test -c $n || echo no $n; done; "
                 "for n in fd stdin stdout stderr ptmx; do test -L $n || echo no link $n; done; "
                 "for n in pts shm mqueue; do test -d $n || echo no $n; done; test -e mem && echo mem; "
                 "head -c 4 zero | wc -c; echo x > null && echo written; "
                 "busybox mknod /tmp/null c 1 3 && (echo x > /tmp/null) 2>/dev/null || echo refused"));
  INFO(ran.err);
  CHECK(ran.out == "4\nwritten\nrefused\n");
  CHECK(ran.err.empty());  // the node itself could be made
}

TEST_CASE("asked devices are there, all of the host's only for a privileged container") {
  OpenDaemon open;
  PlainPod pod(open);
  cri::ContainerConfig container =
      open.Plain("ls -l /dev/mine; test -e /dev/kmsg && echo kmsg; test -w /sys/kernel || echo ro");
  cri::Device* device = container.add_devices();
  device->set_host_path("/dev/zero");
  device->set_container_path("/dev/mine");
  device->set_permissions("rwm");
  const Ran plain = pod.Run(container);
  CHECK(plain.out.find("1,   5") != std::string::npos);
  CHECK(plain.out.find("kmsg") == std::string::npos);
  container =
      open.Plain("for n in /dev/null /dev/kmsg; do test -c $n && echo $n; done; grep ' /sys ' /proc/mounts");
  Security(container).set_privileged(true);
  const Ran privileged = pod.Run(container);
  INFO(privileged.status.message() << privileged.err);
  CHECK(privileged.out.find("/dev/null\n") == 0);
  if (fs::exists("/dev/kmsg")) CHECK(privileged.out.find("/dev/kmsg\n") != std::string::npos);
  CHECK(privileged.out.find("sysfs rw") != std::string::npos);
}

TEST_CASE("volumes are at exactly their path, resolved in the image, and nothing is made on the host") {
  OpenDaemon open;
  TemporaryDirectory host;
  Spill(host / "token", "secret\n");
  PlainPod pod(open);
  const std::string name = Concat("jobpod-test-", getpid());
  const std::string where = Concat("/var/run/", name), ro = Concat("/", name), log = Concat("/dev/", name);
  cri::ContainerConfig container = open.Plain("", "debian");
  container.clear_command();
  const std::string script = "cat " + where + "/token /run/" + name + "/token; echo new > " + where +
                             "/new; cat " + log + "; (echo x > " + ro +
                             "/token) 2>/dev/null || echo read-only";
  for (const char* word : {"bash", "-c", script.c_str()}) container.add_command(word);
  AddMount(container, host.path(), where);
  AddMount(container, host.path(), ro, true);
  AddMount(container, host / "token", log);
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out == "secret\nsecret\nsecret\nread-only\n");
  CHECK(Slurp(host / "new") == "new\n");
  for (const std::string& path : {where, Concat("/run/", name), ro, log}) {
    INFO(path);
    CHECK(!fs::exists(path));
  }
}

TEST_CASE("a volume may lie on a file of the image, and not outside of it") {
  OpenDaemon open;
  TemporaryDirectory host;
  Spill(host / "file", "volume\n");
  PlainPod pod(open);
  cri::ContainerConfig container = open.Plain("");
  container.clear_command();
  for (const char* word : {"/bin/busybox", "cat", "/etc/../../../etc/jobpod-image"})
    container.add_command(word);
  AddMount(container, host / "file", "/etc/jobpod-image");
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out == "volume\n");
  container.mutable_mounts(0)->set_container_path("/../outside");
  CHECK_CODE(INVALID_ARGUMENT, pod.Create(container));
}

TEST_CASE("the files below /etc are kubelet's, or the pod's") {
  OpenDaemon open;
  TemporaryDirectory host;
  Spill(host / "hosts", "10.0.0.1 kubelet\n");
  PlainPod pod(open, [](auto& config) {
    Namespaces(config).set_network(cri::POD);
    config.set_hostname("own-name");
    config.mutable_dns_config()->add_servers("10.10.10.10");
    config.mutable_dns_config()->add_searches("example.test");
    config.mutable_dns_config()->add_options("ndots:5");
  });
  cri::ContainerConfig container =
      open.Plain("hostname; cat /etc/hostname /etc/resolv.conf /etc/hosts; echo $HOSTNAME");
  AddMount(container, host / "hosts", "/etc/hosts");
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out ==
        "own-name\nown-name\nsearch example.test\nnameserver 10.10.10.10\noptions ndots:5\n10.0.0.1 "
        "kubelet\nown-name\n");
  PlainPod plain(open);
  const Ran host_files = plain.Run(open.Plain("cat /etc/resolv.conf /etc/hosts; hostname"));
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  CHECK(host_files.out == Slurp("/etc/resolv.conf") + Slurp("/etc/hosts") + name + "\n");
}

TEST_CASE("a read-only rootfs, read-only and masked paths") {
  OpenDaemon open;
  TemporaryDirectory host;
  PlainPod pod(open);
  cri::ContainerConfig container = open.Plain(
      "touch /new 2>&1; touch /data/new && echo volume; cat /etc/jobpod-image; ls /proc/fs; "
      "(echo 1 > /proc/sys/vm/drop_caches) 2>&1; ls /no/such/path 2>/dev/null");
  Security(container).set_readonly_rootfs(true);
  for (const char* path : {"/etc/jobpod-image", "/proc/fs", "/no/such/path"})
    Security(container).add_masked_paths(path);
  Security(container).add_readonly_paths("/proc/sys");
  AddMount(container, host.path(), "/data");
  const Ran ran = pod.Run(container);
  INFO(ran.status.message() << ran.err);
  CHECK(ran.out.find("touch: /new: Read-only file system\nvolume\n") == 0);
  CHECK(ran.out.find("from the image") == std::string::npos);
  CHECK(ran.out.find("drop_caches: Read-only file system") != std::string::npos);
}

TEST_CASE("recursive read-only reaches the mounts below, readonly does not") {
  OpenDaemon open;
  TemporaryDirectory host;
  mkdir((host / "below").c_str(), 0755);
  if (mount("none", (host / "below").c_str(), "tmpfs", 0, "size=64k") != 0) JOBPOD_SKIP("no tmpfs");
  PlainPod pod(open);
  for (const bool recursive : {false, true}) {
    cri::ContainerConfig container = open.Plain("touch /v/below/x && echo wrote; touch /v/x && echo wrote");
    AddMount(container, host.path(), "/v", true)->set_recursive_read_only(recursive);
    const Ran ran = pod.Run(container);
    INFO(ran.status.message() << ran.err);
    CHECK(ran.out == (recursive ? "" : "wrote\n"));
  }
  umount2((host / "below").c_str(), MNT_DETACH);
}

TEST_CASE("propagation as asked: from the host, and to it") {
  OpenDaemon open;
  TemporaryDirectory host;
  if (mount("none", host.path().c_str(), "tmpfs", 0, "size=64k") != 0) JOBPOD_SKIP("no tmpfs");
  mount("", host.path().c_str(), nullptr, MS_SHARED, nullptr);
  for (const char* name : {"from-host", "from-container"}) mkdir((host / name).c_str(), 0755);
  {
    PlainPod pod(open);
    cri::ContainerConfig container = open.Plain(
        "while ! test -e /v/from-host/x; do usleep 10000; done; echo seen; "
        "mount -t tmpfs none /v/from-container && echo mounted; exec sleep 1000");
    Security(container).set_privileged(true);
    AddMount(container, host.path(), "/v")->set_propagation(cri::PROPAGATION_BIDIRECTIONAL);
    const std::string id = pod.Start(container);
    mount("none", (host / "from-host").c_str(), "tmpfs", 0, "size=64k");
    Spill(host / "from-host/x", "");
    CHECK(pod.Says(id, "mounted"));
    CHECK(MountPoints().contains(host / "from-container"));
  }
  umount2(host.path().c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace jobpod::test
