#include "volumes/mount_test_support.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "volumes/mount_enter_linux.hpp"

namespace jobpod {
namespace {

void LeaveMachine() {
  REQUIRE(unshare(CLONE_NEWNS) == 0);
  REQUIRE(mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
}

std::string ReadToEnd(int fd) {
  return ReadAll(fd, 1u << 20, "pipe").value_or("error: pipe");
}

// Runs `work` in a child; its text comes back through a pipe.
std::string InChild(const std::function<std::string()>& work) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    bool sent = WriteAll(writer.get(), work(), "pipe").ok();
    _exit(sent ? 0 : 1);
  }
  writer.Reset();
  std::string text = ReadToEnd(reader.get());
  int state = 0;
  REQUIRE(waitpid(pid, &state, 0) == pid);
  REQUIRE(state == 0);
  return text;
}

Status Enter(const MountList& list) {
  ASSIGN_OR_RETURN(MountSources sources, OpenMountSources(list));
  return EnterMounts(list, sources);
}

}  // namespace

TestHost::TestHost() {
  LeaveMachine();
  REQUIRE(mkdtemp(path_.data()) != nullptr);
  REQUIRE(mount("host", path_.c_str(), "tmpfs", 0, "mode=755") == 0);
  REQUIRE(mount("", path_.c_str(), nullptr, MS_SHARED, nullptr) == 0);
}

TestHost::~TestHost() {
  CHECK(umount2(path_.c_str(), MNT_DETACH) == 0);
  CHECK(rmdir(path_.c_str()) == 0);
}

std::string TestHost::Directory(const std::string& name) const {
  std::string full = path_ + "/" + name;
  REQUIRE(MakeDirectories(full).ok());
  return full;
}

std::string TestHost::File(const std::string& name, const std::string& content) const {
  std::string full = path_ + "/" + name;
  REQUIRE(MakeDirectories(full.substr(0, full.rfind('/'))).ok());
  REQUIRE(WriteFileAtomic(full, content, 0644).ok());
  return full;
}

RootMount TestHost::Root(const std::string& name, const std::string& target) const {
  RootMount root;
  root.add_lower(Directory(name + "/layer"));
  root.set_upper(Directory(name + "/upper"));
  root.set_work(Directory(name + "/work"));
  root.set_target(target);
  return root;
}

TestContainer::TestContainer(const MountList& list) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  pid_ = fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Status entered = Enter(list);
    bool sent = WriteAll(writer.get(), Message(entered), "pipe").ok();
    writer.Reset();
    while (sent) pause();
    _exit(1);
  }
  writer.Reset();
  error_ = ReadToEnd(reader.get());
}

TestContainer::~TestContainer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string TestContainer::Inside(const std::function<std::string()>& look) const {
  return InChild([&]() -> std::string {
    Fd space(open(Concat("/proc/", pid_, "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
    if (setns(space.get(), CLONE_NEWNS) != 0) return Concat("error: setns: ", strerror(errno));
    return look();
  });
}

std::string TestContainer::Read(const std::string& path) const {
  return Inside([&] { return ReadText(path); });
}

std::string TestContainer::Write(const std::string& path, const std::string& content) const {
  return Inside([&]() -> std::string {
    StatusOr<Fd> file = OpenFile(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
    Status written = file.ok() ? WriteAll(file->get(), content, path) : file.status();
    return written.ok() ? "" : Concat("error: ", Message(written));
  });
}

bool TestContainer::Exists(const std::string& path) const {
  return Inside([&] { return access(path.c_str(), F_OK) == 0 ? "yes" : "no"; }) == "yes";
}

std::string ReadText(const std::string& path) {
  StatusOr<std::string> text = ReadFile(path, 1u << 20);
  return text.ok() ? *text : Concat("error: ", Message(text.status()));
}

void MountTmpfs(const std::string& target, const std::string& name, const std::string& content) {
  REQUIRE(mount("test", target.c_str(), "tmpfs", 0, nullptr) == 0);
  REQUIRE(WriteFileAtomic(target + "/" + name, content, 0644).ok());
}

bool IsMounted(const std::string& target) {
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" " + target + " ") != std::string::npos) return true;
  }
  return false;
}

}  // namespace jobpod
