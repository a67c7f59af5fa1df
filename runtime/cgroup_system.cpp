#include "runtime/cgroup_system.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "runtime/cgroup_file_linux.hpp"

namespace jobpod {
namespace {

constexpr std::array<std::string_view, 4> kCore = {"memory", "cpu", "cpuacct", "pids"};
constexpr std::array<std::string_view, 8> kKnown = {"memory", "cpu",   "cpuacct", "pids",
                                                    "cpuset", "blkio", "hugetlb", "freezer"};
// In order of what they can do for tracking: freeze and kill, list without cost, list.
constexpr std::array<std::string_view, 3> kTrackers = {"freezer", "name=systemd", "memory"};

// mountinfo writes blank, tab, newline and backslash as \ooo.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  std::string_view piece;
  while (NextPiece(text, separator, piece)) pieces.emplace_back(piece);
  return pieces;
}

// The super block options of a v1 mount hold its controllers among flags such as "rw".
std::vector<std::string> ControllersIn(std::string_view options) {
  std::vector<std::string> found;
  for (std::string& option : Split(options, ',')) {
    bool known = std::find(kKnown.begin(), kKnown.end(), option) != kKnown.end();
    if (known || option.starts_with("name=")) found.push_back(std::move(option));
  }
  return found;
}

// "31 23 0:28 /root /point options [optional…] - type source super-options"
std::optional<Hierarchy> ParseMount(const std::string& line) {
  size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  std::vector<std::string> left = Split(std::string_view(line).substr(0, dash), ' ');
  std::vector<std::string> right = Split(std::string_view(line).substr(dash + 3), ' ');
  if (left.size() < 5 || right.size() < 3) return std::nullopt;
  if (right[0] == "cgroup2") return Hierarchy{2, {}, Unescape(left[4])};
  if (right[0] != "cgroup") return std::nullopt;
  Hierarchy found{1, ControllersIn(right[2]), Unescape(left[4])};
  if (found.controllers.empty()) return std::nullopt;
  return found;
}

bool SameHierarchy(const Hierarchy& a, const Hierarchy& b) {
  return a.version == b.version && (a.version == 2 || a.controllers == b.controllers);
}

bool IsRealController(const Hierarchy& hierarchy) {
  return hierarchy.version == 1 && !hierarchy.controllers[0].starts_with("name=");
}

// A v2 hierarchy without memory and CPU beside v1 controllers only tracks and kills.
std::string ModeOf(const std::vector<Hierarchy>& all) {
  bool v2 = std::any_of(all.begin(), all.end(), [](const Hierarchy& h) { return h.version == 2; });
  bool v1 = std::any_of(all.begin(), all.end(), IsRealController);
  return v2 ? (v1 ? "hybrid" : "v2") : "v1";
}

std::optional<size_t> ChooseTracker(const std::vector<Hierarchy>& all) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].version == 2) return i;
  }
  for (std::string_view wanted : kTrackers) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].Has(wanted)) return i;
    }
  }
  return std::nullopt;
}

struct Loss {
  std::string_view controller, v1_controller, cost;
};
constexpr std::array<Loss, 6> kLosses = {{
    {"memory", "memory", "memory limits and memory usage are not available"},
    {"cpu", "cpu", "CPU limits are not available"},
    {"pids", "pids", "limits on the number of processes are not available"},
    {"io", "blkio", "IO limits and IO usage are not available"},
    {"cpuset", "cpuset", "containers cannot be bound to certain CPUs"},
    {"hugetlb", "hugetlb", "huge page limits are not available"},
}};

void DescribeLosses(CgroupSystem& system) {
  JobSystem& out = system.description;
  for (const Loss& loss : kLosses) {
    if (system.With(loss.controller) != nullptr || system.With(loss.v1_controller) != nullptr) continue;
    out.missing.push_back(Concat("no ", loss.controller, " controller: ", loss.cost));
  }
  if (out.mode == "hybrid") {
    out.missing.push_back(
        "hybrid cgroups: no memory.high, no pressure figures for limits of the unified map");
  } else if (out.mode == "v1") {
    out.missing.push_back(Concat("no cgroup2 hierarchy: process trees are tracked and killed through the v1 ",
                                 system.Tracker().controllers[0], " hierarchy, which is slower"));
  }
}

void ListControllers(CgroupSystem& system) {
  for (const Hierarchy& hierarchy : system.hierarchies) {
    for (const std::string& name : hierarchy.controllers) {
      if (!name.starts_with("name=")) system.description.controllers.push_back(name);
    }
  }
}

}  // namespace

bool Hierarchy::Has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

const Hierarchy* CgroupSystem::With(std::string_view controller) const {
  for (const Hierarchy& hierarchy : hierarchies) {
    if (hierarchy.Has(controller)) return &hierarchy;
  }
  return nullptr;
}

bool IsCoreController(std::string_view controller) {
  return std::find(kCore.begin(), kCore.end(), controller) != kCore.end();
}

std::vector<Hierarchy> ParseCgroupMounts(std::string_view mountinfo) {
  std::vector<Hierarchy> found;
  for (const std::string& line : Split(mountinfo, '\n')) {
    std::optional<Hierarchy> mount = ParseMount(line);
    if (!mount) continue;
    // A hierarchy may be mounted more than once; the first mount is the host's own.
    bool seen = std::any_of(found.begin(), found.end(),
                            [&](const Hierarchy& other) { return SameHierarchy(*mount, other); });
    if (!seen) found.push_back(*std::move(mount));
  }
  return found;
}

StatusOr<CgroupSystem> MakeCgroupSystem(std::vector<Hierarchy> hierarchies) {
  CgroupSystem system;
  system.hierarchies = std::move(hierarchies);
  std::optional<size_t> tracker = ChooseTracker(system.hierarchies);
  if (!tracker) {
    return absl::NotFoundError(
        "no cgroup hierarchy is mounted that could hold process trees: mount cgroup2 on /sys/fs/cgroup");
  }
  system.tracker = *tracker;
  system.description.mode = ModeOf(system.hierarchies);
  ListControllers(system);
  DescribeLosses(system);
  return system;
}

}  // namespace jobpod
