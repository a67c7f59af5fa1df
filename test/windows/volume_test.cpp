// Volumes in the link layout: at the container's path below the rootfs.
#include <filesystem>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

void CreateWith(Pod& pod, const std::string& source, const std::string& target, bool readonly = false) {
  cri::ContainerConfig container = Does("out never");
  AddMount(container, source, target, readonly);
  pod.Create(container);
}

}  // namespace

TEST_CASE("directories are shared with the host in both directions") {
  Pod pod;
  TemporaryDirectory volume;
  Spill(volume / "in.txt", "from host");
  cri::ContainerConfig container = Does("read data\\in.txt + write data\\out.txt back + read D\\in.txt");
  AddMount(container, volume.path(), "C:\\data");
  AddMount(container, volume.path(), "/d");  // another name, another case
  const Ran ran = pod.Run(container);
  INFO(ran.err);
  CHECK(ran.out == "from hostfrom host");
  CHECK(Slurp(volume / "out.txt") == "back");
}

// What the kubelet mounts in every pod.
TEST_CASE("a termination message is a file of the host's") {
  Pod pod;
  TemporaryDirectory directory;
  Spill(directory / "message", "");
  cri::ContainerConfig container = Does("append dev\\termination-log gone + exit 9");
  AddMount(container, directory / "message", "/dev/termination-log");
  CHECK(pod.Run(container).status.exit_code() == 9);
  CHECK(Slurp(directory / "message") == "gone");
}

TEST_CASE("a service account's token is where client libraries look below the rootfs, though it is read-only") {
  Pod pod;
  TemporaryDirectory kubelet;
  const std::string source = kubelet / "pods\\uid\\volumes\\kubernetes.io~projected\\kube-api-access-x";
  fs::create_directories(source);
  Spill(source + "\\token", "secret");
  cri::ContainerConfig container =
      Does("read var\\run\\secrets\\kubernetes.io\\serviceaccount\\token + list var\\run\\secrets\\kubernetes.io");
  AddMount(container, source, "/var/run/secrets/kubernetes.io/serviceaccount", true);
  CHECK(pod.Run(container).out == "secretserviceaccount\n");
}

// As Kubernetes' suite does: a script of a volume, run by a path relative to the default directory.
TEST_CASE("a script in a volume sees the other volumes") {
  Pod pod;
  TemporaryDirectory script, secret, empty;
  Spill(script / "validate.cmd",
        "@type %CONTAINER_SANDBOX_MOUNT_POINT%etc\\secret\\foo.txt\r\n"
        "@if not exist %CONTAINER_SANDBOX_MOUNT_POINT%etc\\emptydir exit /b 1\r\n"
        "@echo %NODE_NAME_TEST%\r\n@exit /b 0\r\n");
  Spill(secret / "foo.txt", "bar");
  cri::ContainerConfig container = Command({"./etc/configmap/validate.cmd"});
  AddMount(container, script.path(), "/etc/configmap");
  AddMount(container, secret.path(), "/etc/secret");
  AddMount(container, empty.path(), "/etc/emptydir");
  AddVariable(container, "NODE_NAME_TEST", "node");
  const Ran ran = pod.Run(container);
  INFO(ran.err);
  CHECK(ran.out == "barnode\n");
  CHECK(ran.status.exit_code() == 0);
}

TEST_CASE("a named pipe needs no mount, and cannot have another name") {
  Pod pod;
  const std::string pipe = Concat("\\\\.\\pipe\\jobpod-pipe-", SharedDaemon().pid());
  const std::string server = pod.Start(Command({kProbe, "pipe-say", pipe, "through the pipe"}));
  REQUIRE(pod.Says(server, "serving"));
  cri::ContainerConfig container = Command({kProbe, "pipe-read", pipe});
  AddMount(container, pipe, pipe);
  CHECK(pod.Run(container).out == "through the pipe");
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, pipe, "\\\\.\\pipe\\other"));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, "//./pipe/x", "/run/x.sock"));
}

TEST_CASE("mounts that must be refused are, with the reason, and leave nothing") {
  Pod pod;
  TemporaryDirectory directory;
  Spill(directory / "file", "x");
  CHECK_CODE(NOT_FOUND, CreateWith(pod, directory / "missing", "/data"));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, directory.path(), "/data", true));
  for (const char* target : {"C:", "C:\\", "/", "relative\\path", "C:relative", "/up/../out", "/con", "/dir./x", "/x ",
                             "/data:stream", "\\\\server\\share", "\\\\?\\C:\\data", "/what?"}) {
    INFO(target);
    CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, directory.path(), target));
  }
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, directory.path(), "/" + std::string(40'000, 'x')));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, "relative", "/data"));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, "", "/data"));
  cri::ContainerConfig twice = Does("out never");
  AddMount(twice, directory.path(), "/data");
  AddMount(twice, directory.path(), "C:\\DATA\\");
  CHECK_CODE(INVALID_ARGUMENT, pod.Create(twice));
  cri::ListContainersRequest request;
  request.mutable_filter()->set_pod_sandbox_id(pod.id());
  CHECK(pod.client().Call(&Runtime::ListContainers, request).containers_size() == 0);
  CHECK(Slurp(directory / "file") == "x");
}

TEST_CASE("a volume takes the place of what the image has there; removing the container leaves it alone") {
  Pod pod;
  TemporaryDirectory volume;
  Spill(volume / "mine.txt", "mine");
  cri::ContainerConfig container = Does("list app");
  AddMount(container, volume.path(), "/app");
  const Ran ran = pod.Run(container);
  CHECK(ran.out == "mine.txt\n");
  pod.client().Remove(ran.id);
  CHECK(Slurp(volume / "mine.txt") == "mine");
  CHECK(!fs::exists(RootfsOf(ran.id)));
}

TEST_CASE("paths beyond 260 characters are reached below the rootfs") {
  Pod pod;
  const std::string directory = "a-directory-with-a-long-name\\";
  std::string path;
  for (int i = 0; i < 12; ++i) path += directory;
  CHECK(pod.Run(Command({kProbe, "read", "\\\\?\\%CONTAINER_SANDBOX_MOUNT_POINT%\\" + path + "deep.txt"})).out == "deep\n");
}

TEST_CASE("read-only files and files in use do not keep a container from being removed") {
  Pod pod;
  const Ran ran = pod.Run(Does("attributes app\\hello.txt 1"));
  CHECK(ran.status.exit_code() == 0);
  pod.client().Remove(ran.id);
  CHECK(!fs::exists(RootfsOf(ran.id)));
  const std::string running = pod.Start(Does("hold app\\hello.txt + out up + sleep"));
  REQUIRE(pod.Says(running, "up"));
  pod.client().Remove(running);
  CHECK(!fs::exists(RootfsOf(running)));
}

}  // namespace jobpod::test
