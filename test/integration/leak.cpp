// leak [--execs N]: many ExecSync calls, then as many streamed execs; after each, memory, descriptors, cgroups
// (dying ones too) and the shim are where they were. Ends with 1 when something has grown.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <thread>

#include "base/text.hpp"
#include "test/harness/configs.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/host.hpp"
#include "test/harness/registry.hpp"
#include "test/harness/streamed.hpp"

namespace jobpod::test {
namespace {

// Memory cgroups that exist in the kernel, removed ones that still hold pages included; v1 tells in
// /proc/cgroups, v2 in the root's cgroup.stat.
int64_t KernelCgroups() {
  const std::string table = Slurp("/proc/cgroups");
  const size_t line = table.find("memory\t");
  int64_t count = 0;
  if (line != std::string::npos) sscanf(table.c_str() + line, "memory\t%*d\t%ld", &count);
  for (const std::string& mount : CgroupMounts()) {
    const std::string stat = Slurp(mount + "/cgroup.stat");
    const size_t dying = stat.find("nr_dying_descendants ");
    if (dying != std::string::npos) count += atol(stat.c_str() + dying + 21);
  }
  return count;
}

struct Size {
  const char* what;
  int64_t value, may_grow;
};

std::vector<Size> Sizes(Daemon& daemon, const std::string& pod) {
  const pid_t shim = daemon.Shims().at(0);
  return {{"daemon RSS, bytes", static_cast<int64_t>(ResidentBytes(daemon.pid())), 2 << 20},
          {"daemon descriptors", static_cast<int64_t>(OpenFiles(daemon.pid())), 4},
          {"shim PSS, bytes", static_cast<int64_t>(ProportionalBytes(shim)), 128 << 10},
          {"shim descriptors", static_cast<int64_t>(OpenFiles(shim)), 0},
          {"cgroups of the pod", static_cast<int64_t>(CgroupsWith(pod).size()), 0},
          {"memory cgroups in the kernel", KernelCgroups(), 20}};
}

using Exec = bool (*)(CriClient& client, const std::string& container);  // whether it answered as it must

const std::vector<std::string> kCommand = {kBusybox, "echo", "here"};

bool ExecOne(CriClient& client, const std::string& container) {
  const auto response = client.Exec(container, kCommand);
  return response.exit_code() == 0 && response.stdout() == "here\n";
}

bool StreamOne(CriClient& client, const std::string& container) {
  const Streamed seen = ExecStreamed(client, container, kCommand);
  return seen.output == "here\n" && seen.status.find("Success") != std::string::npos;
}

void ExecMany(Daemon& daemon, const std::string& container, int count, Exec exec) {
  std::atomic<int> left = count, wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        CriClient client(daemon.address());
        while (left-- > 0) {
          bool right = false;
          const auto outcome = Outcome([&] { right = exec(client, container); });
          wrong += !outcome.ok() || !right;
        }
      });
  }
  if (wrong > 0)
    throw std::runtime_error(Concat(wrong.load(), " of ", count, " commands did not answer as they must"));
}

// Polls for a while: threads and memory of the last calls go with a delay.
int Compare(Daemon& daemon, const std::string& pod, const std::vector<Size>& before) {
  const auto grown = [&] {
    const std::vector<Size> now = Sizes(daemon, pod);
    int count = 0;
    for (size_t i = 0; i < now.size(); ++i) count += now[i].value > before[i].value + before[i].may_grow;
    return count;
  };
  Eventually([&] { return grown() == 0; }, Milliseconds(20'000));
  const std::vector<Size> now = Sizes(daemon, pod);
  for (size_t i = 0; i < now.size(); ++i)
    std::printf("%-30s %12ld before %12ld after %s\n", now[i].what, before[i].value, now[i].value,
                now[i].value > before[i].value + before[i].may_grow ? "GROWN" : "");
  return grown();
}

int Run(int execs) {
  Registry registry;
  registry.Push(ImageLayout(), "busybox");
  Daemon daemon;
  CriClient& client = daemon.client();
  const std::string image = client.Pull(registry.Reference("busybox"));
  const cri::PodSandboxConfig config = HostProcessPod("leak", daemon.logs() + "/leak");
  const std::string pod = client.RunPod(config);
  const std::string container = client.Create(pod, config, Script(image, "exec sleep 100000"));
  client.Start(container);
  int grown = 0;
  const std::pair<Exec, const char*> kinds[] = {{ExecOne, "ExecSync calls"}, {StreamOne, "streamed execs"}};
  for (const auto& [exec, name] : kinds) {
    ExecMany(daemon, container, 200, exec);  // everything that is made once has been made
    const std::vector<Size> before = Sizes(daemon, pod);
    ExecMany(daemon, container, execs, exec);
    std::printf("%d %s\n", execs, name);
    grown += Compare(daemon, pod, before);
  }
  return grown == 0 ? 0 : 1;
}

}  // namespace
}  // namespace jobpod::test

int main(int argc, char** argv) {
  int execs = 10'000;
  CLI::App app("Many ExecSync calls, and what they leave");
  app.add_option("--execs", execs, "how many calls");
  CLI11_PARSE(app, argc, argv);
  try {
    return jobpod::test::Run(execs);
  } catch (const std::exception& error) {
    std::cerr << "leak: " << error.what() << "\n";
    return 1;
  }
}
