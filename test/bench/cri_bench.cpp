// cri_bench [--quick] [--only jobpod|containerd]: the same CRI calls against Jobpod and against Debian's
// containerd with runc, one after the other for each figure so that drift of the machine hits both; prints
// both and the ratio. Ends with 1 when a target is missed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <thread>

#include "base/text.hpp"
#include "test/bench/table.hpp"

namespace jobpod::bench {
namespace {

// Longer than a daemon keeps threads and free memory for the next call, and a shim its code.
constexpr std::chrono::seconds kIdle{12}, kQuiet{2};

struct Options {
  bool quick = false;
  std::string only;
};

void Starts(Table& table, Workloads& peers, bool quick) {
  using test::Milliseconds;
  Distribution(table, peers, "pod start, back to back", {.ratio = 15},
               [&](Workload& peer) { return peer.PodStart(quick ? 5 : 30, Milliseconds(0)); });
  Distribution(table, peers, "pod start, after 200 ms idle", {},
               [&](Workload& peer) { return peer.PodStart(quick ? 5 : 15, Milliseconds(200)); });
  const int count = quick ? 8 : 40;
  Figure(table, peers, "pods started, 4 in parallel", "/s", {.ratio = 12, .higher_is_better = true},
         [&](Workload& peer) {
           const double seconds = peer.StartPods(count, 4);
           peer.RemoveAll();
           return count / seconds;
         });
}

void Calls(Table& table, Workloads& peers, bool quick) {
  for (auto& peer : peers) peer->StartPods(10, 2, 2);
  Distribution(table, peers, "ExecSync true", {.ratio = 10},
               [&](Workload& peer) { return peer.ExecTrue(quick ? 10 : 60); });
  Distribution(table, peers, "ListContainerStats of 20", {.ratio = 40},
               [&](Workload& peer) { return peer.Stats(quick ? 10 : 60); });
  std::this_thread::sleep_for(kQuiet);
  Figure(table, peers, "shim with 2 containers, PSS", "MB", {.limit = 0.3 * 1.048576},
         [](Workload& peer) { return peer.ShimMegabytes(); });
  for (auto& peer : peers) peer->RemoveAll();
}

void Density(Table& table, Workloads& peers, bool quick) {
  const int pods = quick ? 20 : 200;
  for (auto& peer : peers) peer->StartPods(pods, 4);
  Figure(table, peers, Concat("daemon with ", pods, " pods, RSS"), "MB", {.limit = 45 * 1.048576},
         [](Workload& peer) { return peer.DaemonMegabytes(); });
  for (auto& peer : peers) peer->CreateMore(4);
  std::map<std::string, double> cpu, bytes;
  Distribution(table, peers, Concat("ListContainers of ", pods * 5, ", not parsed"), {}, [&](Workload& peer) {
    size_t size = 0;
    Samples samples = peer.List(quick ? 50 : 300, cpu[peer.peer().name()], size);
    bytes[peer.peer().name()] = static_cast<double>(size) / 1e6;
    return samples;
  });
  table.Print("  daemon's CPU time for each call", "ms", cpu, {});
  table.Print("  size of the answer", "MB", bytes, {});
  Figure(table, peers, Concat("restart with ", pods * 5, " containers"), "ms", {.limit = 300},
         [](Workload& peer) { return peer.Restart(); });
  for (auto& peer : peers) peer->RemoveAll();
}

int Run(const Options& options) {
  const test::Registry registry;
  registry.Push(test::ImageLayout(), "busybox");
  registry.Push(test::ImageLayout(), "pause");
  std::vector<std::unique_ptr<Peer>> peers;
  if (options.only != "containerd") peers.push_back(MakeJobpod());
  if (options.only != "jobpod") peers.push_back(MakeContainerd(registry));
  Workloads workloads;
  for (auto& peer : peers)
    workloads.push_back(std::make_unique<Workload>(*peer, registry.Reference("busybox")));

  Table table;
  table.PrintHead();
  Figure(table, workloads, "daemon after a pull, RSS", "MB", {},
         [](Workload& peer) { return peer.DaemonMegabytes(); });
  std::this_thread::sleep_for(kIdle);
  Figure(table, workloads, "daemon idle, RSS", "MB", {.limit = 20 * 1.048576},
         [](Workload& peer) { return peer.DaemonMegabytes(); });
  Starts(table, workloads, options.quick);
  Calls(table, workloads, options.quick);
  Density(table, workloads, options.quick);
  return table.missed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace jobpod::bench

int main(int argc, char** argv) {
  jobpod::bench::Options options;
  CLI::App app("The same CRI calls against Jobpod and containerd");
  app.add_flag("--quick", options.quick, "a tenth of the samples");
  app.add_option("--only", options.only, "one runtime")->check(CLI::IsMember({"jobpod", "containerd"}));
  CLI11_PARSE(app, argc, argv);
  try {
    return jobpod::bench::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "cri_bench: " << error.what() << "\n";
    return 2;
  }
}
