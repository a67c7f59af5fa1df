#include "cri/root_lock.hpp"

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/protected_directory_windows.hpp"
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

}  // namespace

// Whoever has it open for writing shares it for reading only: nobody else can open it for writing, too.
StatusOr<std::unique_ptr<RootLock>> LockRoot(const std::string& root) {
  RETURN_IF_ERROR(ProtectDirectory(root, OthersMay::kNothing));
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

Status ProtectInput(const std::string& directory) {
  return ProtectDirectory(directory, OthersMay::kNothing);
}

}  // namespace jobpod
