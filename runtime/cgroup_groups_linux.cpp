#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/scope_exit.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_groups.hpp"
#include "runtime/cgroup_tree_linux.hpp"

namespace jobpod {
namespace {

constexpr mode_t kGroupMode = 0755;
constexpr int kMovePasses = 100;

Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), kGroupMode) == 0) return absl::OkStatus();
  int error = errno;
  if (error == EEXIST && CgroupExists(path)) return absl::OkStatus();
  return ErrnoStatus(error, Concat("make the cgroup ", path));
}

// A new v1 cpuset has no CPUs and nobody may enter it: it starts with its parent's.
Status InheritCpuset(const std::string& parent, const std::string& directory) {
  for (std::string_view file : {"/cpuset.cpus", "/cpuset.mems"}) {
    ASSIGN_OR_RETURN(std::string own, ReadCgroupFile(Concat(directory, file)));
    if (!own.empty()) continue;
    ASSIGN_OR_RETURN(std::string inherited, ReadCgroupFile(Concat(parent, file)));
    RETURN_IF_ERROR(WriteCgroupFile(Concat(directory, file), inherited));
  }
  return absl::OkStatus();
}

// Calls visit(parent, directory) for each directory from below the root to the job itself.
template <typename Visit>
Status ForEachOnPath(const Hierarchy& hierarchy, std::string_view job, Visit visit) {
  std::string parent = hierarchy.root;
  std::string_view part;
  while (NextPiece(job, '/', part)) {
    std::string directory = Concat(parent, "/", part);
    RETURN_IF_ERROR(visit(parent, directory));
    parent = std::move(directory);
  }
  return absl::OkStatus();
}

Status MakePath(const Hierarchy& hierarchy, std::string_view job) {
  bool cpuset = hierarchy.version == 1 && hierarchy.Has("cpuset");
  return ForEachOnPath(hierarchy, job,
                       [&](const std::string& parent, const std::string& directory) -> Status {
                         RETURN_IF_ERROR(MakeDirectory(directory));
                         return cpuset ? InheritCpuset(parent, directory) : absl::OkStatus();
                       });
}

bool HasWord(std::string_view text, std::string_view word) {
  std::string_view piece;
  while (NextPiece(text, ' ', piece)) {
    if (piece == word) return true;
  }
  return false;
}

Status EnableHere(const std::string& parent, std::string_view controller) {
  std::string file = Concat(parent, "/cgroup.subtree_control");
  ASSIGN_OR_RETURN(std::string enabled, ReadCgroupFile(file));
  if (HasWord(enabled, controller)) return absl::OkStatus();
  int error = TryWriteCgroupFile(file, Concat("+", controller));
  if (error == 0) return absl::OkStatus();
  if (error == EBUSY) {
    return absl::FailedPreconditionError(
        Concat("the ", controller, " controller cannot be enabled below ", parent,
               ": processes run in that cgroup itself; move them into a cgroup below it"));
  }
  return ErrnoStatus(error, Concat("enable the ", controller, " controller below ", parent));
}

// v2: a controller works in a group when every directory above passes it on.
Status EnableDownTo(const Hierarchy& hierarchy, std::string_view job, std::string_view controller) {
  return ForEachOnPath(hierarchy, job, [&](const std::string& parent, const std::string&) {
    return EnableHere(parent, controller);
  });
}

bool HasCore(const Hierarchy& hierarchy) {
  return std::any_of(hierarchy.controllers.begin(), hierarchy.controllers.end(),
                     [](const std::string& name) { return IsCoreController(name); });
}

Status MakeCore(const Hierarchy& hierarchy, const std::string& job) {
  RETURN_IF_ERROR(MakePath(hierarchy, job));
  if (hierarchy.version == 1) return absl::OkStatus();
  for (const std::string& controller : hierarchy.controllers) {
    if (IsCoreController(controller)) RETURN_IF_ERROR(EnableDownTo(hierarchy, job, controller));
  }
  return absl::OkStatus();
}

Status ClearLeftover(const CgroupSystem& system, const std::string& job) {
  std::string directory = system.Tracker().Path(job);
  bool used = CgroupExists(directory) && !TreeEmpty(system.Tracker(), directory);
  if (used) return absl::AlreadyExistsError(Concat("job ", job, " exists already and has processes in it"));
  return RemoveGroups(system, job);
}

std::string ParentOf(const std::string& job) {
  size_t slash = job.rfind('/');
  return slash == std::string::npos ? std::string() : job.substr(0, slash);
}

bool IsNamed(const Hierarchy& hierarchy) {
  return hierarchy.controllers[0].starts_with("name=");
}

// Children of a process that is just being moved appear behind it: repeated until none is left outside.
Status MoveProcesses(const Hierarchy& tracker, const Hierarchy& target, const std::string& job) {
  for (int pass = 0; pass < kMovePasses; ++pass) {
    ASSIGN_OR_RETURN(std::vector<int32_t> all, TreeProcesses(tracker.Path(job)));
    ASSIGN_OR_RETURN(std::vector<int32_t> inside, TreeProcesses(target.Path(job)));
    bool moved = false;
    for (int32_t pid : all) {
      if (std::binary_search(inside.begin(), inside.end(), pid)) continue;
      int error = TryWriteCgroupFile(Concat(target.Path(job), "/cgroup.procs"), std::to_string(pid));
      if (error != 0 && error != ESRCH) {
        return ErrnoStatus(error, Concat("move process ", pid, " into ", target.Path(job)));
      }
      moved = true;
    }
    if (!moved) return absl::OkStatus();
  }
  return absl::AbortedError(Concat("job ", job, " forks faster than its processes can be moved into ",
                                   target.Path(job), "; try again"));
}

}  // namespace

Status CheckJobName(std::string_view name) {
  auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat("the job name \"", name, "\" ", why));
  };
  if (name.empty() || name.size() > 1024) return bad("must have 1 to 1024 characters");
  if (name.back() == '/') return bad("must not end with a slash");
  std::string_view rest = name, part;
  while (NextPiece(rest, '/', part)) {
    if (part.empty()) return bad("must not begin with a slash or have two in a row");
    if (part[0] == '.') return bad("must not have a part that begins with a dot");
    if (part.size() > 255) return bad("must not have a part of more than 255 characters");
  }
  for (char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad("must not have control characters");
  }
  return absl::OkStatus();
}

Status MakeGroups(const CgroupSystem& system, const std::string& job, JobKind kind) {
  RETURN_IF_ERROR(CheckJobName(job));
  RETURN_IF_ERROR(ClearLeftover(system, job));
  ScopeExit undo([&] { RemoveGroups(system, job).IgnoreError(); });
  RETURN_IF_ERROR(MakePath(system.Tracker(), job));
  for (const Hierarchy& hierarchy : system.hierarchies) {
    if (kind == JobKind::kLimited && HasCore(hierarchy)) RETURN_IF_ERROR(MakeCore(hierarchy, job));
  }
  undo.Release();
  return absl::OkStatus();
}

Status EnsureController(const CgroupSystem& system, const std::string& job, std::string_view controller) {
  const Hierarchy* hierarchy = system.With(controller);
  if (hierarchy == nullptr) return absl::NotFoundError(Concat("no ", controller, " controller"));
  if (hierarchy->version == 2) return EnableDownTo(*hierarchy, job, controller);
  if (CgroupExists(hierarchy->Path(job))) return absl::OkStatus();
  RETURN_IF_ERROR(MakePath(*hierarchy, job));
  return MoveProcesses(system.Tracker(), *hierarchy, job);
}

bool IsLimitedJob(const CgroupSystem& system, const std::string& job) {
  for (const Hierarchy& hierarchy : system.hierarchies) {
    if (!HasCore(hierarchy)) continue;
    if (hierarchy.version == 1) return CgroupExists(hierarchy.Path(job));
    // A group has what its parent passes on.
    StatusOr<std::string> own = ReadCgroupFile(Concat(hierarchy.Path(job), "/cgroup.controllers"));
    return own.ok() && !own->empty();
  }
  return true;
}

StatusOr<std::vector<GroupToJoin>> GroupsToJoin(const CgroupSystem& system, const std::string& job,
                                                JobKind kind) {
  std::vector<GroupToJoin> groups;
  for (const Hierarchy& hierarchy : system.hierarchies) {
    bool tracks = &hierarchy == &system.Tracker();
    if (hierarchy.version != 1 || (IsNamed(hierarchy) && !tracks)) continue;
    bool own_needed = tracks || (kind == JobKind::kLimited && HasCore(hierarchy));
    std::string path = job;
    while (!path.empty() && !CgroupExists(hierarchy.Path(path))) {
      if (own_needed)
        return absl::NotFoundError(Concat("job ", job, " has lost its cgroup ", hierarchy.Path(path)));
      path = ParentOf(path);
    }
    if (!path.empty())
      groups.push_back({hierarchy.Path(path), own_needed || path == job || HasCore(hierarchy)});
  }
  return groups;
}

}  // namespace jobpod
