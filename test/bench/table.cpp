#include "test/bench/table.hpp"

#include <cstdio>

#include "base/text.hpp"

namespace jobpod::bench {
namespace {

double Value(const std::map<std::string, double>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? 0 : found->second;
}

std::string Text(double value, const char* unit) {
  char text[32];
  if (value == 0) return "-";
  std::snprintf(text, sizeof(text), value < 10 ? "%.2f%s" : "%.1f%s", value, unit);
  return text;
}

}  // namespace

void Table::PrintHead() const {
  std::printf("%-44s %10s %10s %-6s %8s  %s\n", "", "jobpod", "containerd", "", "ratio", "target");
}

void Table::Print(const std::string& figure, const char* unit, const std::map<std::string, double>& values,
                  const Target& target) {
  const double ours = Value(values, "jobpod"), theirs = Value(values, "containerd");
  const double ratio = !(ours > 0 && theirs > 0) ? 0
                       : target.higher_is_better ? ours / theirs
                                                 : theirs / ours;
  std::printf("%-44s %10s %10s %-6s %8s  %s\n", figure.c_str(), Text(ours, "").c_str(),
              Text(theirs, "").c_str(), unit, Text(ratio, "x").c_str(), Verdict(ours, ratio, target).c_str());
  std::fflush(stdout);
}

std::string Table::Verdict(double ours, double ratio, const Target& target) {
  if (ours == 0 || (target.ratio > 0 && ratio == 0) || (target.ratio == 0 && target.limit == 0)) return "";
  const bool met = target.ratio > 0 ? ratio >= target.ratio : ours <= target.limit;
  missed_ += !met;
  const std::string aim = target.ratio > 0 ? ">= " + Text(target.ratio, "x") : "<= " + Text(target.limit, "");
  return Concat(met ? "met     " : "MISSED  ", aim);
}

}  // namespace jobpod::bench
