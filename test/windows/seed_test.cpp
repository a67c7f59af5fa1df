// What a HostProcess pod is: processes of the host, with the image and the volumes beside them.
#include <algorithm>
#include <fstream>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

// What the probe says when it is run by the suite itself, on the host.
std::string OnHost(const std::string& deed) {
  return MustRun({HostProbe(), deed});
}

}  // namespace

TEST_CASE("the host's files are at the root, to read and to write") {
  Pod pod;
  TemporaryDirectory directory;
  Spill(directory / "from-host.txt", "of the host");
  cri::ContainerConfig container =
      Command({kProbe, "read", directory / "from-host.txt", "+", "write", directory / "from-pod.txt", "of the pod"});
  const Ran ran = pod.Run(container);
  CHECK(ran.status.exit_code() == 0);
  CHECK(ran.out == "of the host");
  CHECK(Slurp(directory / "from-pod.txt") == "of the pod");
}

TEST_CASE("the image's files and the volumes are below the mount point, which is always told") {
  Pod pod;
  TemporaryDirectory volume;
  Spill(volume / "key.txt", "value");
  cri::ContainerConfig container =
      Command({kProbe, "read", "%CONTAINER_SANDBOX_MOUNT_POINT%\\app\\hello.txt", "+", "read",
               "$env:CONTAINER_SANDBOX_MOUNT_POINT/etc/config/key.txt", "+", "env", "CONTAINER_SANDBOX_MOUNT_POINT"});
  AddMount(container, volume.path(), "/etc/config");
  const Ran ran = pod.Run(container);
  INFO(ran.err);
  CHECK(ran.out.starts_with("hello from the image\nvalue"));
  CHECK(ran.out.ends_with("\\\n"));
  CHECK(ran.status.exit_code() == 0);
}

TEST_CASE("layers lie over one another whatever the case of their names, whiteouts take away") {
  Pod pod;
  const Ran ran = pod.Run(Does("list app + read app\\second.txt + read License.txt + read old.txt"));
  CHECK(ran.out.find("Second.txt") != std::string::npos);
  CHECK(ran.out.find("second layer, other case\nfree") != std::string::npos);
  CHECK(ran.status.exit_code() == 1);  // old.txt is gone
  CHECK(pod.Run(Does("list Hives")).status.exit_code() == 1);
  CHECK(pod.Run(Does("read Größe\\файл.txt")).out == "ünï\n");
}

TEST_CASE("a container's files are its own") {
  Pod pod;
  const Ran first = pod.Run(Does("write app\\hello.txt changed + read app\\hello.txt"));
  CHECK(first.out == "changed");
  CHECK(pod.Run(Does("read app\\hello.txt")).out == "hello from the image\n");
}

TEST_CASE("name, addresses and processes are the host's") {
  Pod pod;
  CHECK(pod.Run(Does("hostname")).out == OnHost("hostname"));
  CHECK(pod.Run(Does("addresses")).out == OnHost("addresses"));
  const std::string processes = "\n" + pod.Run(Does("processes")).out;
  CHECK(processes.find(Concat("\n", SharedDaemon().pid(), " jobpodd.exe\n")) != std::string::npos);
  CHECK(processes.find(" windows_suite.exe\n") != std::string::npos);
}

TEST_CASE("a server in a pod is reached at the host's address") {
  Pod pod;
  const std::string id = pod.Start(Does("echo 0"));
  REQUIRE(pod.Says(id, "port="));
  CHECK(PortAnswers(static_cast<uint16_t>(Reported(LogText(pod.Log(id)), "port"))));
}

TEST_CASE("an init container prepares the node for the next one") {
  Pod pod;
  const std::string file = Concat("\\jobpod-", pod.id().substr(0, 12), ".txt");  // of the current drive: the host's C:
  CHECK(pod.Run(Command({kProbe, "write", file, "test"})).status.exit_code() == 0);
  const Ran ran = pod.Run(Command({kProbe, "read", file, "+", "remove", file}));
  CHECK(ran.out == "test");
  CHECK(ran.status.exit_code() == 0);
}

TEST_CASE("mixed pods are refused in the reference's words") {
  Pod pod;
  cri::ContainerConfig container = Does("out never");
  container.mutable_windows()->mutable_security_context()->set_host_process(false);
  const grpc::Status mixed = Outcome([&] { pod.Create(container); });
  CHECK(mixed.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(mixed.error_message(),
             Catch::Contains("pod spec and all containers inside must have the HostProcess field set to be valid"));
}

TEST_CASE("an ordinary pod is refused with the field to set") {
  cri::PodSandboxConfig pod = HostProcessPod("ordinary", SharedDaemon().logs() + "\\ordinary");
  pod.mutable_windows()->mutable_security_context()->set_host_process(false);
  const grpc::Status ordinary = Outcome([&] { SharedDaemon().client().RunPod(pod); });
  CHECK(ordinary.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(ordinary.error_message(), Catch::Contains("host_process"));
}

TEST_CASE("handlers: the link layout by name or by default, no other") {
  const cri::PodSandboxConfig config = HostProcessPod("handlers", SharedDaemon().logs() + "\\handlers");
  CHECK_CODE(INVALID_ARGUMENT, SharedDaemon().client().RunPod(config, "no-such-handler"));
  CHECK_CODE(INVALID_ARGUMENT, SharedDaemon().client().RunPod(config, "image-root"));
  Pod pod(SharedDaemon(), "hostprocess-link");
  CHECK(pod.Run(Does("read app\\hello.txt")).out == "hello from the image\n");
}

}  // namespace jobpod::test
