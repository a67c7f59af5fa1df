#include "test/harness/host.hpp"

#include <stdlib.h>
#include <time.h>

#include <filesystem>
#include <sstream>

#include "base/text.hpp"
#include "test/harness/process.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

std::string Proc(pid_t pid, const char* file) {
  return Slurp(Concat("/proc/", pid, "/", file));
}

// The number after "<name>:" in a /proc file, in the file's unit.
uint64_t Field(const std::string& text, const std::string& name) {
  const size_t at = text.find(name + ":");
  return at == std::string::npos ? 0 : strtoull(text.c_str() + at + name.size() + 1, nullptr, 10);
}

template <typename Visit>
void EachLine(const std::string& text, Visit visit) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) visit(line);
}

// Field `index` of a mountinfo line.
std::string Word(const std::string& line, int index) {
  std::istringstream words(line);
  std::string word;
  for (int i = 0; i <= index; ++i) words >> word;
  return word;
}

struct Hierarchy {
  std::string mount, options;
  bool unified;
};

std::vector<Hierarchy> Hierarchies() {
  std::vector<Hierarchy> found;
  EachLine(Slurp("/proc/self/mountinfo"), [&](const std::string& line) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) return;
    const std::string type = Word(line.substr(dash + 3), 0);
    if (type == "cgroup" || type == "cgroup2")
      found.push_back({Word(line, 4), "," + Word(line.substr(dash + 3), 2) + ",", type == "cgroup2"});
  });
  return found;
}

}  // namespace

std::vector<std::string> CgroupMounts() {
  std::vector<std::string> mounts;
  for (const Hierarchy& hierarchy : Hierarchies()) mounts.push_back(hierarchy.mount);
  return mounts;
}

std::vector<std::string> CgroupsWith(const std::string& text) {
  std::vector<std::string> found;
  for (const std::string& mount : CgroupMounts()) {
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(mount, error); entry != fs::end(entry);
         entry.increment(error)) {
      if (entry->is_directory(error) && entry->path().string().find(text) != std::string::npos)
        found.push_back(entry->path());
      if (error) break;
    }
  }
  return found;
}

std::string CgroupOf(pid_t pid, const std::string& controller) {
  std::string directory;
  const std::vector<Hierarchy> hierarchies = Hierarchies();
  EachLine(Proc(pid, "cgroup"), [&](const std::string& line) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool unified = names == ",,";
    for (const Hierarchy& hierarchy : hierarchies) {
      const bool asked = unified ? hierarchy.unified && directory.empty()
                                 : names.find("," + controller + ",") != std::string::npos &&
                                       !hierarchy.unified &&
                                       hierarchy.options.find("," + controller + ",") != std::string::npos;
      if (asked) directory = hierarchy.mount + line.substr(second + 1);
    }
  });
  return directory;
}

std::set<std::string> MountPoints() {
  std::set<std::string> points;
  EachLine(Slurp("/proc/self/mountinfo"), [&](const std::string& line) { points.insert(Word(line, 4)); });
  return points;
}

uint64_t ResidentBytes(pid_t pid) {
  return Field(Proc(pid, "status"), "VmRSS") * 1024;
}
uint64_t ProportionalBytes(pid_t pid) {
  return Field(Proc(pid, "smaps_rollup"), "Pss") * 1024;
}

size_t OpenFiles(pid_t pid) {
  std::error_code error;
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(Concat("/proc/", pid, "/fd"), error), fs::directory_iterator()));
}

uint64_t CpuNanoseconds(pid_t pid) {
  clockid_t clock = 0;
  timespec spent{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0) return 0;
  return static_cast<uint64_t>(spent.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(spent.tv_nsec);
}

}  // namespace jobpod::test
