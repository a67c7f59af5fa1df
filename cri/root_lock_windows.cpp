#include "cri/root_lock.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/owner_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/host_defaults.hpp"

namespace jobpod {
namespace {

class WindowsRootLock final : public RootLock {
 public:
  explicit WindowsRootLock(Handle file) : file_(std::move(file)) {}

 private:
  const Handle file_;
};

// The holder's pid as it wrote it; a text for the sentence, trusted no further.
std::string Holder(const std::string& path) {
  const StatusOr<std::string> text = ReadFile(path, 64);
  if (!text.ok()) return "";
  const std::string pid = text->substr(0, text->find_first_not_of("0123456789"));
  return pid.empty() ? "" : Concat(" (pid ", pid, ")");
}

// Anybody may make directories below C:\ProgramData, and whoever owns one decides who writes there. `path` itself and
// all above it but the volume.
Status CheckOwners(const std::string& path) {
  for (std::filesystem::path at(path); at.has_relative_path(); at = at.parent_path()) {
    ASSIGN_OR_RETURN(const Handle directory, OpenPath(at.string(), READ_CONTROL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    RETURN_IF_ERROR(CheckOwner(directory.get(), SE_FILE_OBJECT, at.string()));
  }
  return absl::OkStatus();
}

}  // namespace

// Whoever has it open for writing shares it for reading only: nobody else can open it for writing, too.
StatusOr<std::unique_ptr<RootLock>> LockRoot(const std::string& root) {
  RETURN_IF_ERROR(MakeDirectories(root, 0700));
  RETURN_IF_ERROR(CheckOwners(root));
  const std::string path = Below(root, "lock");
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(path));
  Handle file(CreateFileW(wide.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr, CREATE_ALWAYS,
                          FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file && GetLastError() == ERROR_SHARING_VIOLATION) {
    return absl::FailedPreconditionError(
        Concat("another jobpodd", Holder(path), " works on ", root,
               "; stop it first, or give this one another --root and --state"));
  }
  if (!file) return LastErrorStatus(Concat("lock ", path));
  RETURN_IF_ERROR(WriteAll(file.get(), Concat(static_cast<uint64_t>(GetCurrentProcessId()), "\n"), path));
  return std::make_unique<WindowsRootLock>(std::move(file));
}

}  // namespace jobpod
