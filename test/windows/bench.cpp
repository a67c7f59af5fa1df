// windows_bench: what a pod costs to start on a Windows node, in time, processes and files. Ends with 1 when more
// processes are made than should be.
#include <windows.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/handle_windows.hpp"
#include "base/text.hpp"
#include "test/windows/probe_image.hpp"

namespace jobpod::test {
namespace {

constexpr int kStarts = 30;

// Every process that is made from now on by this one and by those it makes.
class Census {
 public:
  Census() : job_(CreateJobObjectW(nullptr, nullptr)) {
    if (!AssignProcessToJobObject(job_.get(), GetCurrentProcess())) SetUpFailed("cannot count processes");
  }
  // Once it has come to rest: a program's console gets its host while the program is starting.
  uint32_t Settled() const {
    for (uint32_t before = 0, now = Count();; before = now, now = Count()) {
      if (now == before) return now;
      Sleep(kRest);
    }
  }

 private:
  uint32_t Count() const {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info{};
    QueryInformationJobObject(job_.get(), JobObjectBasicAccountingInformation, &info, sizeof info, nullptr);
    return info.TotalProcesses;
  }

  static constexpr DWORD kRest = 500;  // ms
  Handle job_;
};

double MillisecondsOf(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Started {
  std::string pod, container;
};

namespace fs = std::filesystem;

template <typename Iterator>
int64_t Entries(const std::string& directory) {
  std::error_code none;
  return std::distance(Iterator(directory, none), Iterator());
}

class Bench {
 public:
  Bench() : container_(Sleeps(daemon_)) {}

  void Times() {
    std::vector<double> starts, execs;
    for (int i = 0; i < kStarts; ++i) {
      Started started;
      starts.push_back(MillisecondsOf([&] { started = Start(i); }));
      execs.push_back(MillisecondsOf([&] { Exec(started.container); }));
      Remove(started.pod);
    }
    std::printf("%-70s %8.1f ms\n", "pod start (RunPodSandbox + CreateContainer + StartContainer), p50", Median(starts));
    std::printf("%-70s %8.1f ms\n", "ExecSync of a program that prints a line, p50", Median(execs));
  }

  // False when more are made than the shim and one for each program. What the system itself starts for each that has a
  // console, the console's host, counts.
  bool Processes() {
    const uint32_t before = census_.Settled();
    const Started started = Start(kStarts);
    const uint32_t of_pod = census_.Settled() - before;
    Exec(started.container);
    const uint32_t of_exec = census_.Settled() - before - of_pod;
    Remove(started.pod);
    const uint32_t of_removal = census_.Settled() - before - of_pod - of_exec;
    return Print("processes made by a pod's start: shim, program, its console's host", of_pod, 3) &
           Print("processes made by an ExecSync: program, its console's host", of_exec, 2) &
           Print("processes made by the pod's removal", of_removal, 0);
  }

  // What lies in the daemon's directories more than before: of a pod, then of a container in it.
  void Files() {
    const cri::PodSandboxConfig config = HostProcessPod("bench-files", daemon_.logs() + "\\of-its-own");
    const int64_t before = OwnEntries();
    const std::string pod = daemon_.client().RunPod(config);
    const int64_t of_pod = OwnEntries() - before;
    const std::string container = daemon_.client().Create(pod, config, container_);
    daemon_.client().Start(container);
    Print("files and directories of a pod, with its log directory", of_pod);
    Print("files and directories of a container, beside its image's", OwnEntries() - before - of_pod);
    Remove(pod);
    Print("files and directories left by both: log directory and log", OwnEntries() - before);
  }

 private:
  static void Print(const char* what, int64_t count) {
    std::printf("%-70s %8lld\n", what, static_cast<long long>(count));
  }

  static bool Print(const char* what, uint32_t count, uint32_t most) {
    std::printf("%-70s %8u    %s <= %u\n", what, count, count <= most ? "met   " : "MISSED", most);
    return count <= most;
  }

  // Without what is in the container's copy of its image.
  int64_t OwnEntries() const {
    return Entries<fs::recursive_directory_iterator>(daemon_.directory() + "\\state") +
           Entries<fs::recursive_directory_iterator>(daemon_.logs()) +
           Entries<fs::directory_iterator>(daemon_.directory() + "\\root\\hpc") +
           Entries<fs::directory_iterator>(daemon_.directory() + "\\root\\images\\containers");
  }

  Started Start(int number) {
    CriClient& client = daemon_.client();
    const cri::PodSandboxConfig pod = HostProcessPod(Concat("bench-", number), daemon_.logs());
    Started started{client.RunPod(pod), ""};
    started.container = client.Create(started.pod, pod, container_);
    client.Start(started.container);
    return started;
  }

  void Exec(const std::string& container) {
    if (daemon_.client().Exec(container, Deeds("out x")).stdout() != "x\n") SetUpFailed("ExecSync has no output");
  }

  void Remove(const std::string& pod) {
    daemon_.client().StopPod(pod);
    daemon_.client().RemovePod(pod);
  }

  Census census_;
  Daemon daemon_;
  const cri::ContainerConfig container_;
};

}  // namespace
}  // namespace jobpod::test

int main() {
  try {
    jobpod::test::Bench bench;
    bench.Times();
    bench.Files();
    return bench.Processes() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "windows_bench: %s\n", error.what());
    return 2;
  }
}
