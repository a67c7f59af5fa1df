// What cannot start: StartContainer fails with the reason, the container is EXITED, 128, StartError.
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

// Starts what must not start; `expected` is part of what the user reads.
void RefusesToStart(Pod& pod, const cri::ContainerConfig& container, const std::string& expected) {
  const std::string id = pod.Create(container);
  const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
  INFO("StartContainer answered: " << outcome.error_message());
  CHECK(!outcome.ok());
  CHECK(outcome.error_message().find(expected) != std::string::npos);
  const cri::ContainerStatus status = pod.client().StatusOf(id);
  CHECK(status.state() == cri::CONTAINER_EXITED);
  CHECK(status.exit_code() == 128);
  CHECK(status.reason() == "StartError");
  CHECK(status.message().find(expected) != std::string::npos);
  CHECK(status.finished_at() > 0);
}

cri::ContainerConfig Command(const std::string& image, const std::vector<std::string>& command) {
  return HostProcessContainer("main", Image(image), command);
}

}  // namespace

TEST_CASE("a command that does not exist is named") {
  Pod pod;
  RefusesToStart(pod, Command("busybox", {"no-such-program-here"}), "no-such-program-here");
  RefusesToStart(pod, Command("busybox", {"/no/such/program"}), "/no/such/program");
}

TEST_CASE("a directory or a plain file is no command") {
  Pod pod;
  RefusesToStart(pod, Command("busybox", {"/etc"}), "/etc");
  RefusesToStart(pod, Command("scripts", {"$CONTAINER_SANDBOX_MOUNT_POINT/app/data"}), "app/data");
}

TEST_CASE("a missing ELF interpreter is named") {
  Pod pod;
  RefusesToStart(pod, Command("alpine", {}), "ld-nowhere-x86_64.so.1");
}

TEST_CASE("a script's missing interpreter is named") {
  Pod pod;
  RefusesToStart(pod, Command("scripts", {"$CONTAINER_SANDBOX_MOUNT_POINT/app/bad-shebang"}),
                 "/nonexistent/shell");
}

TEST_CASE("a user or group that does not exist is named") {
  Pod pod;
  cri::ContainerConfig container = Busybox("true");
  container.mutable_linux()->mutable_security_context()->set_run_as_username("nobody-has-this-name");
  RefusesToStart(pod, container, "nobody-has-this-name");
}

TEST_CASE("a working directory that does not exist is named") {
  Pod pod;
  cri::ContainerConfig container = Busybox("true");
  container.set_working_dir("/no/such/directory");
  RefusesToStart(pod, container, "/no/such/directory");
}

TEST_CASE("dynamic programs, scripts and static programs start") {
  Pod pod;
  const Ran dynamic =
      pod.Run(Command("debian", {"$CONTAINER_SANDBOX_MOUNT_POINT/usr/bin/bash", "-c", "echo $BASH_VERSION"}));
  CHECK(dynamic.status.exit_code() == 0);
  CHECK(!dynamic.out.empty());
  const Ran script = pod.Run(Command("scripts", {}));
  INFO(script.status.message() << script.err);
  CHECK(script.out.find("arguments: one two directory: /hpc/app greeting: hello") != std::string::npos);
  CHECK(script.err == "to stderr\n");
  CHECK(pod.Run(Command("busybox", {kBusybox, "true"})).status.exit_code() == 0);
}

TEST_CASE("entrypoint and command merge as in Docker") {
  Pod pod;
  cri::ContainerConfig container = Command("scripts", {});
  container.add_args("three");
  CHECK(pod.Run(container).out.find("arguments: three directory") != std::string::npos);
  cri::ContainerConfig replaced = Command("scripts", {kBusybox, "echo"});
  CHECK(pod.Run(replaced).out == "\n");
}

}  // namespace jobpod::test
