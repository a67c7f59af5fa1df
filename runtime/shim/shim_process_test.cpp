// What the child does between fork and exec, seen from the process that comes out of it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/shim/shim_linux_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;
namespace fs = std::filesystem;

namespace {

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/jobpod-process-XXXXXX";
    path = mkdtemp(name);
    fs::permissions(path, fs::perms(0755));
  }
  ~Directory() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

void Write(const std::string& path, const std::string& content, int mode = 0755) {
  std::ofstream(path) << content;
  REQUIRE(chmod(path.c_str(), static_cast<mode_t>(mode)) == 0);
}

LaunchPlan ShellIn(const TestShim& shim, const std::string& script) {
  return shim.WithLog(ShellPlan(script));
}

// The log of a script that has run to its end.
std::string OutputOf(TestShim& shim, const LaunchPlan& plan) {
  auto started = shim.Start(plan);
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  shim.AwaitExit(plan.id());
  return shim.Log(plan);
}

Status FailureOf(TestShim& shim, const std::string& executable) {
  LaunchPlan plan = ShellIn(shim, "true");
  plan.clear_executables();
  plan.add_executables(executable);
  Status status = shim.Start(plan).status();
  CHECK(shim.Processes().empty());
  return status;
}

bool Says(const Status& status, const std::string& text) {
  INFO(status.ToString());
  return status.ToString().find(text) != std::string::npos;
}

// The smallest dynamic program: one header that names its interpreter, as an image for another C library has.
std::string ElfWithInterpreter(const std::string& interpreter) {
  std::string elf(64 + 56, '\0');
  auto put = [&](size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) elf[at + i] = static_cast<char>(value >> (8 * i));
  };
  elf.replace(0, 7,
              std::string("\x7f"
                          "ELF\x02\x01\x01",
                          7));
  put(16, 2, 2), put(18, 62, 2), put(20, 1, 4);                   // executable, x86-64
  put(32, 64, 8), put(52, 64, 2), put(54, 56, 2), put(56, 1, 2);  // one program header
  put(64, 3, 4), put(72, 120, 8), put(96, interpreter.size() + 1, 8), put(104, interpreter.size() + 1, 8);
  return elf + interpreter + '\0';
}

}  // namespace

TEST_CASE("User, groups, umask, session and privileges are as asked") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = ShellIn(shim, 
      "id -u; id -g; id -G; umask; grep -E 'NoNewPrivs|CapEff|SigIgn|SigBlk' /proc/self/status; ls "
      "/proc/self/fd | wc -l");
  plan.mutable_user()->set_uid(4321);
  plan.mutable_user()->set_gid(4322);
  plan.mutable_user()->add_groups(4323);
  plan.set_no_new_privileges(true);
  plan.set_oom_score_adj(-500);  // refused here without CAP_SYS_RESOURCE: the process runs all the same
  std::string log = OutputOf(shim, plan);
  CHECK(log ==
        "stdout F 4321\nstdout F 4322\nstdout F 4322 4323\nstdout F 0022\n"
        "stdout F SigBlk:\t0000000000000000\nstdout F SigIgn:\t0000000000000000\n"
        "stdout F CapEff:\t0000000000000000\nstdout F NoNewPrivs:\t1\nstdout F 4\n");
}

TEST_CASE("The working directory is entered, made on demand for the user, or named in the error") {
  TestShim shim;
  Directory directory;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = ShellIn(shim, "pwd; stat -c '%u %a' .");
  plan.set_working_directory(directory / "a/b");
  plan.mutable_user()->set_uid(4321);
  Status missing = shim.Start(plan).status();
  CHECK(absl::IsNotFound(missing));
  CHECK(Says(missing, "working directory " + directory / "a/b"));
  plan.set_id(plan.id().substr(0, 32));
  plan.set_make_working_directory(true);
  CHECK(OutputOf(shim, plan) == "stdout F " + directory / "a/b" + "\nstdout F 4321 755\n");
}

TEST_CASE("Programs that cannot run say what is wrong with them") {
  TestShim shim;
  Directory directory;
  REQUIRE(shim.Connect().ok());
  SECTION("a directory") {
    Status status = FailureOf(shim, directory.path);
    CHECK(absl::IsInvalidArgument(status));
    CHECK(Says(status, "\"" + directory.path + "\" is a directory, not a program"));
  }
  SECTION("no execute permission") {
    Write(directory / "plain", "#!/bin/sh\n", 0644);
    Status status = FailureOf(shim, directory / "plain");
    CHECK(absl::IsPermissionDenied(status));
    CHECK(Says(status, directory / "plain"));
  }
  SECTION("neither program nor script") {
    Write(directory / "text", "echo no shell reads this\n");
    Status status = FailureOf(shim, directory / "text");
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(Says(status, "neither a program for this machine nor a script"));
  }
  SECTION("an ELF interpreter the host lacks") {
    Write(directory / "ls", ElfWithInterpreter("/lib/ld-nowhere-x86_64.so.1"));
    Status status = FailureOf(shim, directory / "ls");
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(
        Says(status,
             "cannot run " + directory / "ls" +
                 ": its interpreter /lib/ld-nowhere-x86_64.so.1 does not exist on this host; use an "
                 "image built for the host's C library or a static program, or runtime handler image-root"));
  }
  SECTION("a script's interpreter, with a control character in its name") {
    Write(directory / "script", "#! /no/such/\x1bshell -x\n");
    CHECK(Says(FailureOf(shim, directory / "script"), "its interpreter /no/such/?shell does not exist"));
  }
  SECTION("the interpreter of a script's interpreter") {
    Write(directory / "sh", ElfWithInterpreter("/lib/ld-nowhere-x86_64.so.1"));
    Write(directory / "script", "#!" + directory / "sh" + "\n");
    CHECK(Says(FailureOf(shim, directory / "script"), "its interpreter /lib/ld-nowhere-x86_64.so.1"));
  }
}

TEST_CASE("An image's absolute links lead to the image's files, not the host's") {
  TestShim shim;
  Directory root;
  REQUIRE(shim.Connect().ok());
  fs::create_directories(root / "bin");
  fs::create_directories(root / "run/inside");
  Write(root / "bin/program", "#!/bin/busybox sh\necho from the image; pwd\n");
  // On the host there is no /bin/program, and /run has no directory `inside`.
  fs::create_symlink("/bin/program", root / "bin/tool");
  fs::create_symlink("/run", root / "var-run");
  LaunchPlan plan = ShellIn(shim, "");
  plan.mutable_mounts()->mutable_root()->set_target(root.path);
  plan.clear_executables();
  plan.add_executables(root / "bin/tool");
  plan.set_working_directory(root / "var-run/inside");
  CHECK(OutputOf(shim, plan) == "stdout F from the image\nstdout F " + root / "run/inside" + "\n");
}

TEST_CASE("An exec sees the container's own mounts") {
  TestShim shim;
  Directory host;
  REQUIRE(shim.Connect().ok());
  fs::create_directories(host / "image");
  fs::create_directories(host / "hpc");
  Write(host / "image/file", "from the image");
  LaunchPlan plan = ShellIn(shim, "cat " + host / "hpc/file" + "; echo; while :; do sleep 1000; done");
  plan.mutable_mounts()->set_private_namespace(true);
  plan.mutable_mounts()->mutable_root()->set_upper(host / "image");
  plan.mutable_mounts()->mutable_root()->set_target(host / "hpc");
  auto started = shim.Start(plan);
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  CHECK(Eventually([&] { return shim.Log(plan) == "stdout F from the image\n"; }));
  CHECK_FALSE(fs::exists(host / "hpc/file"));
  auto seen = shim.Exec(plan.id(), ShellPlan("[ \"$(cat " + host / "hpc/file" + ")\" = 'from the image' ]"));
  REQUIRE(seen.ok());
  CHECK(seen->exit_code() == 0);
}

TEST_CASE("A container beyond its memory limit is OOMKilled") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = ShellIn(shim, "dd if=/dev/zero of=/dev/null bs=200M count=1");
  plan.mutable_limits()->set_memory_bytes(16 << 20);
  plan.mutable_limits()->set_memory_swap_bytes(16 << 20);
  plan.mutable_argv()->RemoveLast();
  plan.mutable_argv()->RemoveLast();
  plan.set_argv(0, "dd");
  for (const char* word : {"if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"}) plan.add_argv(word);
  REQUIRE(shim.Start(plan).ok());
  auto report = shim.AwaitExit(plan.id());
  CHECK(report.reason() == "OOMKilled");
  CHECK(report.exit_code() == 137);
}
