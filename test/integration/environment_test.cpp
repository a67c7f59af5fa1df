// What a process is born with: environment, working directory, user, node identity.
#include <unistd.h>

#include <fstream>

#include "test/integration/suite.hpp"

namespace jobpod::test {

TEST_CASE("image and container variables are merged, the last one wins, empty ones stay") {
  Pod pod;
  cri::ContainerConfig container = HostProcessContainer(
      "main", Image("scripts"), {kBusybox, "sh", "-c", "echo [$GREETING] [${EMPTY-unset}] [$TWICE]"});
  AddVariable(container, "EMPTY", "");
  AddVariable(container, "TWICE", "first");
  AddVariable(container, "TWICE", "second");
  CHECK(pod.Run(container).out == "[hello] [] [second]\n");
  AddVariable(container, "GREETING", "changed");
  CHECK(pod.Run(container).out == "[changed] [] [second]\n");
}

TEST_CASE("the mount point is substituted in command, arguments, values and working directory") {
  Pod pod;
  cri::ContainerConfig container =
      HostProcessContainer("main", Image("busybox"),
                           {"%CONTAINER_SANDBOX_MOUNT_POINT%/bin/busybox", "sh", "-c",
                            "echo $VALUE $env:CONTAINER_SANDBOX_MOUNT_POINT; pwd"});
  AddVariable(container, "VALUE", "$CONTAINER_SANDBOX_MOUNT_POINT/etc:%container_sandbox_mount_point%");
  container.set_working_dir("$CONTAINER_SANDBOX_MOUNT_POINT/etc");
  CHECK(pod.Run(container).out == "/hpc/etc:/hpc /hpc\n/hpc/etc\n");
}

TEST_CASE("the mount point variable cannot be overridden") {
  Pod pod;
  cri::ContainerConfig container = HostProcessContainer("main", Image("busybox"), {kBusybox, "env"});
  AddVariable(container, "CONTAINER_SANDBOX_MOUNT_POINT", "/elsewhere");
  CHECK(pod.Run(container).out.find("CONTAINER_SANDBOX_MOUNT_POINT=/hpc\n") != std::string::npos);
}

TEST_CASE("values that are not UTF-8 arrive as they were given") {
  Pod pod;
  cri::ContainerConfig container = HostProcessContainer("main", Image("busybox"), {kBusybox, "env"});
  AddVariable(container, "BYTES", "a\xff\xfe");
  CHECK(pod.Run(container).out.find("BYTES=a\xff\xfe\n") != std::string::npos);
}

TEST_CASE("programs of the host and of the image are found") {
  Pod pod;
  const auto run = [&](const std::vector<std::string>& command) {
    return pod.Run(HostProcessContainer("main", Image("busybox"), command)).status.exit_code();
  };
  CHECK(run({"true"}) == 0);
  CHECK(run({"/bin/busybox", "true"}) == 0);
  CHECK(run({"usleep", "1"}) == 0);  // no such program on the host: the image's
}

TEST_CASE("the user and groups asked for") {
  Pod pod;
  cri::ContainerConfig container = Busybox("id -u; id -g; id -G");
  auto& security = *container.mutable_linux()->mutable_security_context();
  security.mutable_run_as_user()->set_value(65534);
  security.mutable_run_as_group()->set_value(1234);
  security.add_supplemental_groups(4321);
  const Ran ran = pod.Run(container);
  CHECK(ran.out.find("65534\n1234\n") == 0);
  CHECK(ran.out.find("4321") != std::string::npos);
  CHECK(RunScript(pod, "id -u").out == "0\n");
  cri::ContainerConfig named = Busybox("id -u");
  named.mutable_linux()->mutable_security_context()->set_run_as_username("nobody");
  CHECK(pod.Run(named).out == "65534\n");
}

TEST_CASE("a container has the node's name, processes and network") {
  Pod pod;
  char name[256] = {};
  gethostname(name, sizeof(name));
  const Ran ran = RunScript(pod, "hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/pid");
  char net[64] = {}, pid[64] = {};
  REQUIRE(readlink("/proc/self/ns/net", net, sizeof(net) - 1) > 0);
  REQUIRE(readlink("/proc/self/ns/pid", pid, sizeof(pid) - 1) > 0);
  CHECK(ran.out == std::string(name) + "\n" + net + "\n" + pid + "\n");
}

TEST_CASE("a process inherits no descriptor of the daemon or the shim") {
  Pod pod;
  const Ran ran = RunScript(pod, "ls /proc/$$/fd; true");
  CHECK(ran.out == "0\n1\n2\n");
}

TEST_CASE("standard input is empty unless asked for") {
  Pod pod;
  CHECK(RunScript(pod, "cat; echo end").out == "end\n");
}

TEST_CASE("a container has neither the daemon's place before the OOM killer nor its limit of open files") {
  Daemon daemon;
  std::ofstream("/proc/" + std::to_string(daemon.pid()) + "/oom_score_adj") << "200\n";
  Pod pod(daemon);
  CHECK(pod.Run(Busybox("cat /proc/self/oom_score_adj; ulimit -n", daemon)).out == "0\n1024\n");
}

}  // namespace jobpod::test
