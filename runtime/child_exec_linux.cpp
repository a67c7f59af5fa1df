#include "runtime/child_exec_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <vector>

#include "base/file_linux.hpp"

namespace jobpod {
namespace {

// What was seen on the way, for the error when nothing runs.
struct Search {
  std::string directory;
  std::string refused;
  int refused_error = 0;
};

std::vector<char*> Pointers(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(static_cast<size_t>(texts.size()) + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string PathOf(const Fd& file) {
  char path[PATH_MAX];
  ssize_t size = readlink(Concat("/proc/self/fd/", file.get()).c_str(), path, sizeof path);
  return size > 0 && path[0] == '/' ? std::string(path, static_cast<size_t>(size)) : std::string();
}

// The file `path` means when the image's links stay inside the rootfs; `path` itself when the host's
// view says the same, or there is nothing inside (a link of the link layout to a volume).
std::string Locate(const std::string& root, const std::string& path) {
  if (root.size() < 2 || !path.starts_with(root + "/")) return path;
  StatusOr<Fd> directory = OpenFile(root, O_PATH | O_DIRECTORY);
  if (!directory.ok()) return path;
  StatusOr<Fd> file = OpenInRoot(directory->get(), path.substr(root.size() + 1), O_PATH);
  struct stat inside {
  }, outside{};
  if (!file.ok() || fstat(file->get(), &inside) != 0) return path;
  bool same =
      stat(path.c_str(), &outside) == 0 && inside.st_dev == outside.st_dev && inside.st_ino == outside.st_ino;
  std::string resolved = same ? std::string() : PathOf(*file);
  return resolved.empty() ? path : resolved;
}

bool MayRun(const std::string& path, Search& search) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) search.refused = path, search.refused_error = errno;
    return false;
  }
  if (S_ISREG(info.st_mode)) return true;
  if (S_ISDIR(info.st_mode)) {
    search.directory = path;
  } else {
    search.refused = path, search.refused_error = EACCES;
  }
  return false;
}

Status InterpreterFailure(const std::string& path) {
  std::string missing = MissingInterpreter(path);
  return absl::FailedPreconditionError(
      Concat("cannot run ", path, ": its interpreter ", missing, missing.empty() ? "" : " ",
             "does not exist on this host; use an image built for the host's C library or a static "
             "program, or runtime handler image-root"));
}

Status ExecFailure(const std::string& path, int error) {
  if (error == ENOENT) return InterpreterFailure(path);
  if (error == ENOEXEC) {
    return absl::FailedPreconditionError(
        Concat("cannot run ", path,
               ": it is neither a program for this machine nor a script that begins with #!; name its "
               "interpreter in the command, or use an image for this machine's architecture"));
  }
  if (error == E2BIG) {
    return absl::InvalidArgumentError(
        Concat("cannot run ", path, ": its arguments and environment together are too long for the system"));
  }
  return ErrnoStatus(error, Concat("cannot run ", path));
}

Status Refused(const LaunchPlan& plan, const Search& search) {
  Status status = ErrnoStatus(search.refused_error, Concat("cannot run ", search.refused));
  if (search.refused_error != EACCES) return status;
  return absl::PermissionDeniedError(
      Concat("cannot run ", search.refused, ": permission denied for user ", plan.user().uid(),
             "; the file must be a regular file with its execute permission set, on a file system that "
             "is not mounted noexec"));
}

Status NothingFound(const LaunchPlan& plan, const Search& search) {
  if (!search.refused.empty()) return Refused(plan, search);
  if (!search.directory.empty()) {
    return absl::InvalidArgumentError(Concat('"', search.directory, "\" is a directory, not a program"));
  }
  std::string places;
  for (const std::string& path : plan.executables()) places += Concat(places.empty() ? "" : ", ", path);
  return absl::NotFoundError(
      Concat("exec: \"", plan.argv(0), "\": executable file not found; looked at ", places));
}

}  // namespace

Status ExecProgram(const LaunchPlan& plan) {
  if (plan.argv_size() == 0 || plan.executables_size() == 0) {
    return absl::InvalidArgumentError("the command is empty; give the container or its image a command");
  }
  std::vector<char*> argv = Pointers(plan.argv());
  std::vector<char*> environment = Pointers(plan.environment());
  Search search;
  for (const std::string& candidate : plan.executables()) {
    std::string path = Locate(plan.mounts().root().target(), candidate);
    if (!MayRun(path, search)) continue;
    execve(path.c_str(), argv.data(), environment.data());
    if (errno != EACCES) return ExecFailure(path, errno);
    search.refused = path, search.refused_error = EACCES;
  }
  return NothingFound(plan, search);
}

}  // namespace jobpod
