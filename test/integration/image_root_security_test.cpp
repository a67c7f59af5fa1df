// image-root: users, capabilities, seccomp and the namespaces of processes and IPC.
#include <signal.h>
#include <unistd.h>

#include "base/text.hpp"
#include "test/integration/image_root_pods.hpp"

namespace jobpod::test {
namespace {

// The hexadecimal number behind `name` in /proc/self/status.
std::string StatusField(const std::string& text, const std::string& name) {
  const size_t at = text.find(name + ":\t");
  return at == std::string::npos
             ? ""
             : text.substr(at + name.size() + 2, text.find('\n', at) - at - name.size() - 2);
}

TEST_CASE("capabilities: the customary ones, and what is added and dropped, also for a command executed") {
  OpenDaemon open;
  PlainPod pod(open);
  const auto bounding = [&](const std::vector<std::string>& add, const std::vector<std::string>& drop) {
    cri::ContainerConfig container = open.Plain("exec sleep 1000");
    for (const auto& name : add) Security(container).mutable_capabilities()->add_add_capabilities(name);
    for (const auto& name : drop) Security(container).mutable_capabilities()->add_drop_capabilities(name);
    const std::string id = pod.Start(container);
    const std::string text = pod.client().Exec(id, {"cat", "/proc/self/status", "/proc/1/status"}).stdout();
    CHECK(StatusField(text, "CapEff") == StatusField(text, "CapBnd"));
    CHECK(StatusField(text, "CapPrm") == StatusField(text, "CapBnd"));
    CHECK(StatusField(text, "CapInh") == "0000000000000000");
    return StatusField(text, "CapBnd");
  };
  CHECK(bounding({}, {}) == "00000000a80425fb");
  CHECK(bounding({"NET_ADMIN"}, {"CAP_CHOWN"}) == "00000000a80435fa");
  CHECK(bounding({"cap_sys_ptrace"}, {"ALL"}) == "0000000000080000");
  CHECK(bounding({}, {"all"}) == "0000000000000000");
  CHECK(bounding({"ALL"}, {}) == StatusField(Slurp("/proc/self/status"), "CapBnd"));
  cri::ContainerConfig wrong = open.Plain("true");
  Security(wrong).mutable_capabilities()->add_add_capabilities("FLY");
  CHECK_CODE(INVALID_ARGUMENT, pod.Create(wrong));
}

TEST_CASE("a user other than root has no capability but the ambient ones") {
  OpenDaemon open;
  PlainPod pod(open);
  cri::ContainerConfig container = open.Plain("cat /proc/self/status");
  Security(container).mutable_run_as_user()->set_value(1000);
  const Ran plain = pod.Run(container);
  CHECK(StatusField(plain.out, "CapEff") == "0000000000000000");
  CHECK(StatusField(plain.out, "CapBnd") == "00000000a80425fb");
  Security(container).mutable_capabilities()->add_add_ambient_capabilities("NET_BIND_SERVICE");
  CHECK(StatusField(pod.Run(container).out, "CapEff") == "0000000000000400");
}

TEST_CASE("seccomp: unconfined, the default profile, and one of the node") {
  OpenDaemon open;
  PlainPod pod(open);
  TemporaryDirectory host;
  Spill(host / "profile.json",
        R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{"names": ["chmod", "fchmodat", "fchmodat2"], "action": "SCMP_ACT_ERRNO"}]})");
  cri::ContainerConfig container = open.Plain(
      "grep ^Seccomp: /proc/self/status; busybox chmod 755 /tmp && echo chmod; "
      "busybox unshare -U true && echo unshare; true");
  const auto with = [&](cri::SecurityProfile::ProfileType kind, const std::string& path = "") {
    Security(container).mutable_seccomp()->set_profile_type(kind);
    Security(container).mutable_seccomp()->set_localhost_ref(path);
    const Ran ran = pod.Run(container);
    INFO(ran.status.message() << ran.err);
    CHECK(ran.status.exit_code() == 0);
    return ran.out;
  };
  CHECK(with(cri::SecurityProfile::Unconfined) == "Seccomp:\t0\nchmod\nunshare\n");
  CHECK(with(cri::SecurityProfile::RuntimeDefault) == "Seccomp:\t2\nchmod\n");
  CHECK(with(cri::SecurityProfile::Localhost, host / "profile.json") == "Seccomp:\t2\nunshare\n");
  Security(container).set_no_new_privs(true);
  CHECK(with(cri::SecurityProfile::RuntimeDefault) == "Seccomp:\t2\nchmod\n");
  Security(container).mutable_capabilities()->add_add_capabilities("SYS_ADMIN");
  CHECK(with(cri::SecurityProfile::RuntimeDefault) == "Seccomp:\t2\nchmod\nunshare\n");
  // A command executed is under the same filter.
  container.set_command(2, "exec sleep 1000");
  const std::string id = pod.Start(container);
  CHECK(pod.client().Exec(id, {"grep", "^Seccomp:", "/proc/self/status"}).stdout() == "Seccomp:\t2\n");
  Security(container).mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost);
  Security(container).mutable_seccomp()->set_localhost_ref(host / "missing.json");
  CHECK_CODE(NOT_FOUND, pod.Create(container));
  Spill(host / "broken.json", "{");
  Security(container).mutable_seccomp()->set_localhost_ref(host / "broken.json");
  CHECK_CODE(INVALID_ARGUMENT, pod.Create(container));
}

TEST_CASE("users and groups are the image's own") {
  OpenDaemon open;
  PlainPod pod(open);
  cri::ContainerConfig container = open.Plain("id -u; id -G; echo $HOME", "accounts");
  Security(container).set_run_as_username("worker");
  Security(container).add_supplemental_groups(77);
  Ran ran = pod.Run(container);
  INFO(ran.status.message());
  CHECK(ran.out == "2001\n2002 77 3000\n/home/worker\n");
  CHECK(ran.status.user().linux().uid() == 2001);
  CHECK(ran.status.user().linux().supplemental_groups_size() == 3);
  Security(container).set_supplemental_groups_policy(cri::Strict);
  CHECK(pod.Run(container).out == "2001\n2002 77\n/home/worker\n");
  Security(container).set_run_as_username("nobody-here");
  const std::string id = pod.Create(container);
  const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
  CHECK(outcome.error_message().find("nobody-here") != std::string::npos);
  CHECK(pod.client().StatusOf(id).exit_code() == 128);
}

TEST_CASE("a pod's containers share its process namespace, other pods do not see it") {
  OpenDaemon open;
  PlainPod one(open), two(open);  // the default is POD
  const std::string sleeper = one.Start(open.Plain("exec sleep 4242"));
  const auto processes = [&](PlainPod& pod) { return pod.Run(open.Plain("ps")).out; };
  CHECK(processes(one).find("sleep 4242") != std::string::npos);
  CHECK(processes(two).find("sleep 4242") == std::string::npos);
  CHECK(one.Run(open.Plain("cat /proc/1/comm")).out == "jobpod-init\n");
  // Orphans are reaped by the pod's first process.
  one.Run(open.Plain("(sleep 0.01 &) ; (true &); usleep 50000"));
  CHECK(Eventually([&] { return processes(one).find(" Z ") == std::string::npos; }));
  CHECK(one.client().Exec(sleeper, {"cat", "/proc/1/comm"}).stdout() == "jobpod-init\n");
  const std::vector<pid_t> inits = ProcessesWith("jobpod-init");
  CHECK(inits.size() >= 2);
}

TEST_CASE("the pod's first process ends with the pod, and with its shim") {
  OpenDaemon open;
  const auto inits = [&] {
    size_t count = 0;
    for (const pid_t pid : ProcessesWith("jobpod-init")) {
      const std::string parent = Slurp(Concat("/proc/", pid, "/status"));
      for (const pid_t shim : open.daemon.Shims())
        count += parent.find(Concat("PPid:\t", shim, "\n")) != std::string::npos;
    }
    return count;
  };
  {
    PlainPod pod(open);
    CHECK(inits() == 1);
  }
  CHECK(inits() == 0);
  PlainPod pod(open);
  REQUIRE(inits() == 1);
  const std::string id = pod.Start(open.Plain("exec sleep 1000"));
  kill(open.daemon.Shims().at(0), SIGKILL);
  CHECK(pod.client().Ended(id).state() == cri::CONTAINER_EXITED);
  CHECK(Eventually([&] { return inits() == 0; }));
}

TEST_CASE("process namespaces of the container, of the node and of a target") {
  OpenDaemon open;
  PlainPod pod(open, [](auto& config) { Namespaces(config).set_pid(cri::CONTAINER); });
  cri::ContainerConfig own = open.Plain("echo pid=$$; cat /proc/1/comm; exec sleep 4343");
  Security(own).mutable_namespace_options()->set_pid(cri::CONTAINER);
  const std::string id = pod.Start(own);
  REQUIRE(pod.Says(id, "sh\n"));
  CHECK(Reported(LogText(pod.Log(id)), "pid") == 1);
  CHECK(pod.client().Exec(id, {"/bin/sh", "-c", "ps | grep -c sleep.4343"}).stdout() != "0\n");
  cri::ContainerConfig other = open.Plain("ps");
  Security(other).mutable_namespace_options()->set_pid(cri::CONTAINER);
  CHECK(pod.Run(other).out.find("sleep 4343") == std::string::npos);
  Security(other).mutable_namespace_options()->set_pid(cri::TARGET);
  Security(other).mutable_namespace_options()->set_target_id(id);
  CHECK(pod.Run(other).out.find("sleep 4343") != std::string::npos);
  cri::ContainerConfig node = open.Plain(Concat("test -d /proc/", getpid(), " && readlink /proc/self"));
  Security(node).mutable_namespace_options()->set_pid(cri::NODE);
  CHECK(!pod.Run(node).out.empty());
}

TEST_CASE("shared memory is the pod's") {
  OpenDaemon open;
  PlainPod one(open), two(open);
  one.Run(open.Plain("echo here > /dev/shm/note"));
  CHECK(one.Run(open.Plain("cat /dev/shm/note; stat -c %a /dev/shm")).out == "here\n1777\n");
  CHECK(two.Run(open.Plain("cat /dev/shm/note 2>/dev/null || echo none")).out == "none\n");
  CHECK(Slurp("/dev/shm/note").empty());
  const auto namespace_of = [&](PlainPod& pod, cri::NamespaceMode mode) {
    cri::ContainerConfig container = open.Plain("readlink /proc/self/ns/ipc");
    Security(container).mutable_namespace_options()->set_ipc(mode);
    return pod.Run(container).out;
  };
  CHECK(namespace_of(one, cri::POD) == namespace_of(one, cri::POD));
  CHECK(namespace_of(one, cri::POD) != namespace_of(two, cri::POD));
  char host[64] = "";
  const ssize_t size = readlink("/proc/self/ns/ipc", host, sizeof host - 1);
  REQUIRE(size > 0);
  CHECK(namespace_of(one, cri::NODE) == Concat(host, "\n"));
}

TEST_CASE("containers and their commands survive the daemon") {
  OpenDaemon open;
  PlainPod pod(open);
  const std::string id = pod.Start(open.Plain("exec sleep 1000"));
  open.daemon.Restart();
  CHECK(pod.client().Exec(id, {"cat", "/etc/jobpod-image"}).stdout() == "from the image\n");
  CHECK(pod.Run(open.Plain("ps")).out.find("sleep 1000") != std::string::npos);
}

TEST_CASE("what image-root cannot give and matters is refused by name") {
  OpenDaemon open;
  CHECK_CODE(INVALID_ARGUMENT, PlainPod(open, [](auto& pod) {
               (*pod.mutable_linux()->mutable_sysctls())["net.core.somaxconn"] = "1";
             }));
  CHECK_CODE(INVALID_ARGUMENT, PlainPod(open, [](auto& pod) { Namespaces(pod).mutable_userns_options(); }));
  PlainPod pod(open);
  const auto refused = [&](const std::function<void(cri::ContainerConfig&)>& edit) {
    cri::ContainerConfig container = open.Plain("true");
    edit(container);
    CHECK_CODE(INVALID_ARGUMENT, pod.Create(container));
  };
  refused([](auto& c) { Security(c).mutable_apparmor()->set_profile_type(cri::SecurityProfile::Localhost); });
  refused([](auto& c) { c.mutable_windows()->mutable_security_context()->set_host_process(true); });
  refused([](auto& c) { Security(c).mutable_run_as_group()->set_value(7); });
  refused([](auto& c) { AddMount(c, "/tmp", "/v")->set_recursive_read_only(true); });
  refused([](auto& c) { Security(c).mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost); });
}

TEST_CASE("what image-root pods the levels admit") {
  Daemon nodes("[pods]\nadmit = \"host-network\"\n");
  const auto run = [&](cri::NamespaceMode network) {
    cri::PodSandboxConfig config = HostProcessPod("ordinary", nodes.logs() + "/ordinary");
    config.clear_windows();
    Namespaces(config).set_network(network);
    nodes.client().RunPod(config);
  };
  CHECK_CODE(INVALID_ARGUMENT, run(cri::POD));
  CHECK_CODE(OK, run(cri::NODE));
  const auto status = nodes.client().Call(&Runtime::Status, cri::StatusRequest());
  std::string handlers;
  for (const auto& handler : status.runtime_handlers()) handlers += handler.name() + ",";
  CHECK(handlers == ",hostprocess,hostprocess-link,image-root,");
}

}  // namespace
}  // namespace jobpod::test
