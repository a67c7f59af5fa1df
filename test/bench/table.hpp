// The table a benchmark prints: a figure of each runtime, the ratio, and whether the target is met.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/bench/workload.hpp"

namespace jobpod::bench {

// How a figure is judged: the ratio between the peers must reach `ratio`, or Jobpod's own value stay at
// or below `limit`; neither set = for information.
struct Target {
  double ratio = 0, limit = 0;
  bool higher_is_better = false;
};

class Table {
 public:
  void PrintHead() const;
  // `values` by the peers' names.
  void Print(const std::string& figure, const char* unit, const std::map<std::string, double>& values,
             const Target& target);
  int missed() const { return missed_; }

 private:
  std::string Verdict(double ours, double ratio, const Target& target);

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

}  // namespace jobpod::bench
