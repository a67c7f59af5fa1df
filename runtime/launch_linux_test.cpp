#include <catch2/catch.hpp>

#include "runtime/command_line.hpp"
#include "runtime/environment.hpp"
#include "runtime/launch.hpp"
#include "test/fakes/memory_journal.hpp"

namespace jobpod {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("a bare name is looked for on the host first and below the rootfs last") {
  Words found = ExecutableCandidates("ls", "/opt/bin:/bin", "/w", "/hpc");
  CHECK(found[0] == "/w/ls");
  CHECK(found[1] == "/hpc/ls");
  CHECK(found[2] == "/opt/bin/ls");
  CHECK(found.back().compare(0, 5, "/hpc/") == 0);
  CHECK(ExecutableCandidates("/bin/x", "", "/w", "/hpc") == Words{"/bin/x", "/hpc/bin/x"});
  CHECK(ExecutableCandidates("/hpc/x", "", "/w", "/hpc") == Words{"/hpc/x"});
  CHECK(ExecutableCandidates("bin/x", "/bin", "/w", "/hpc") == Words{"/w/bin/x", "/hpc/bin/x"});
}

TEST_CASE("the environment keeps order and empty values, extends PATH and protects the mount point") {
  EnvironmentRequest request;
  request.image = {"PATH=/opt/app", "A=1", "B=image"};
  request.container = {"B=", "C=%CONTAINER_SANDBOX_MOUNT_POINT%/etc", "CONTAINER_SANDBOX_MOUNT_POINT=/evil",
                       "=bad"};
  request.mount_point = "/hpc";
  Words environment = ComposeEnvironment(request);
  CHECK(ValueOf(environment, "PATH").compare(0, 9, "/opt/app:") == 0);
  CHECK(ValueOf(environment, "PATH").find("/usr/bin") != std::string::npos);
  CHECK(std::find(environment.begin(), environment.end(), "B=") != environment.end());
  CHECK(ValueOf(environment, "C") == "/hpc/etc");
  CHECK(environment.back() == "CONTAINER_SANDBOX_MOUNT_POINT=/hpc");
  User user;
  user.set_name("root");
  user.set_home("/root");
  AddAccount(user, environment);
  CHECK(ValueOf(environment, "HOME") == "/root");
}

TEST_CASE("log paths stay below the pod's log directory") {
  CHECK(*JoinLogPath("/var/log/pods/x/", "a/0.log") == "/var/log/pods/x/a/0.log");
  CHECK(JoinLogPath("", "a")->empty());
  CHECK(JoinLogPath("/x", "")->empty());
  CHECK(absl::IsInvalidArgument(JoinLogPath("/x", "../etc/passwd").status()));
  CHECK(absl::IsInvalidArgument(JoinLogPath("/x", "/etc/passwd").status()));
}

TEST_CASE("users are the host's, by name, id, image and with supplementary groups") {
  MemoryJournal journal;
  Accounts accounts(journal);
  UserSpec spec;
  CHECK(accounts.Resolve("c", spec, "")->uid() == 0);
  CHECK(accounts.Resolve("c", spec, "nobody")->name() == "nobody");
  CHECK(accounts.Resolve("c", spec, "12345:77")->gid() == 77);
  spec.set_name("NT AUTHORITY\\SYSTEM");
  CHECK(accounts.Resolve("c", spec, "")->name() == "root");
  spec.set_name("no-such-user");
  CHECK(absl::IsNotFound(accounts.Resolve("c", spec, "").status()));
  spec.set_name("");
  spec.set_uid(1234);
  spec.set_gid(5);
  spec.add_groups(9);
  spec.set_strict_groups(true);
  auto user = accounts.Resolve("c", spec, "");
  REQUIRE(user.ok());
  CHECK(user->uid() == 1234);
  CHECK(user->gid() == 5);
  CHECK(user->groups_size() == 2);
  spec.set_uid(-1);
  CHECK(absl::IsInvalidArgument(accounts.Resolve("c", spec, "").status()));
}

}  // namespace
}  // namespace jobpod
