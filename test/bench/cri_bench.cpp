// cri_bench [--quick] [--only jobpod|containerd]: the same CRI calls against Jobpod and against Debian's
// containerd with runc, one after the other for each figure so that drift of the machine hits both; prints
// both and the ratio. Ends with 1 when a target is missed.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

#include "base/text.hpp"
#include "test/bench/workload.hpp"

namespace jobpod::bench {
namespace {

// Longer than a daemon keeps threads and free memory for the next call, and a shim its code.
constexpr std::chrono::seconds kIdle{12}, kQuiet{2};

struct Options {
  bool quick = false;
  std::string only;
};

// How a figure is judged: the ratio between the peers must reach `ratio`, or Jobpod's own value stay at
// or below `limit`; neither set = for information.
struct Target {
  double ratio = 0, limit = 0;
  bool higher_is_better = false;
};

class Table {
 public:
  void Print(const std::string& figure, const char* unit, const std::map<std::string, double>& values,
             const Target& target) {
    const double ours = Value(values, "jobpod"), theirs = Value(values, "containerd");
    const double ratio = !(ours > 0 && theirs > 0) ? 0
                         : target.higher_is_better ? ours / theirs
                                                   : theirs / ours;
    std::printf("%-44s %10s %10s %-6s %8s  %s\n", figure.c_str(), Text(ours, "").c_str(),
                Text(theirs, "").c_str(), unit, Text(ratio, "x").c_str(),
                Verdict(ours, ratio, target).c_str());
    std::fflush(stdout);
  }
  int missed() const { return missed_; }

 private:
  static double Value(const std::map<std::string, double>& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? 0 : found->second;
  }

  static std::string Text(double value, const char* unit) {
    char text[32];
    if (value == 0) return "-";
    std::snprintf(text, sizeof(text), value < 10 ? "%.2f%s" : "%.1f%s", value, unit);
    return text;
  }

  std::string Verdict(double ours, double ratio, const Target& target) {
    if (ours == 0 || (target.ratio > 0 && ratio == 0) || (target.ratio == 0 && target.limit == 0)) return "";
    const bool met = target.ratio > 0 ? ratio >= target.ratio : ours <= target.limit;
    missed_ += !met;
    const std::string aim =
        target.ratio > 0 ? ">= " + Text(target.ratio, "x") : "<= " + Text(target.limit, "");
    return Concat(met ? "met     " : "MISSED  ", aim);
  }

  int missed_ = 0;
};

using Workloads = std::vector<std::unique_ptr<Workload>>;

// Takes one figure from every peer and prints it.
template <typename Measure>
void Figure(Table& table, Workloads& peers, const std::string& name, const char* unit, Target target,
            Measure measure) {
  std::map<std::string, double> values;
  for (auto& peer : peers) values[peer->peer().name()] = measure(*peer);
  table.Print(name, unit, values, target);
}

// One measurement that gives median and minimum.
template <typename Measure>
void Distribution(Table& table, Workloads& peers, const std::string& name, Target target, Measure measure) {
  std::map<std::string, double> medians, minima;
  for (auto& peer : peers) {
    const Samples samples = measure(*peer);
    medians[peer->peer().name()] = samples.Median();
    minima[peer->peer().name()] = samples.Minimum();
  }
  table.Print(name + ", p50", "ms", medians, target);
  table.Print(name + ", min", "ms", minima, {});
}

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
  std::printf("%-44s %10s %10s %-6s %8s  %s\n", "", "jobpod", "containerd", "", "ratio", "target");
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
