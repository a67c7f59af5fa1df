#include "cri/root_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/file.hpp"
#include "base/file_linux.hpp"

namespace jobpod {
namespace {

class LinuxRootLock final : public RootLock {
 public:
  explicit LinuxRootLock(Fd file) : file_(std::move(file)) {}

 private:
  const Fd file_;
};

// The holder's pid as it wrote it; a text for the sentence, trusted no further.
std::string Holder(int fd) {
  char text[16];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid.push_back(text[i]);
  return pid.empty() ? "" : Concat(" (pid ", pid, ")");
}

// For the other daemon's sentence only: on a full disk it goes without.
void WritePid(int fd) {
  const std::string pid = Concat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = pwrite(fd, pid.data(), pid.size(), 0);
}

}  // namespace

StatusOr<std::unique_ptr<RootLock>> LockRoot(const std::string& root) {
  RETURN_IF_ERROR(MakeDirectories(root, 0711));
  const std::string path = root + "/lock";
  ASSIGN_OR_RETURN(Fd lock, OpenFile(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, Concat("lock ", path));
    return absl::FailedPreconditionError(
        Concat("another jobpodd", Holder(lock.get()), " works on ", root,
               "; stop it first, or give this one another --root and --state"));
  }
  WritePid(lock.get());
  return std::make_unique<LinuxRootLock>(std::move(lock));
}

Status ProtectInput(const std::string&) {
  return absl::OkStatus();  // nobody else makes directories in /etc and below the root
}

}  // namespace jobpod
