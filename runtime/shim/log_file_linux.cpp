#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_linux.hpp"
#include "runtime/shim/log_file.hpp"

namespace jobpod {

LogFile::~LogFile() {
  Fd(static_cast<int>(file_)).Reset();
}

StatusOr<LogFile> LogFile::Open(const std::string& path) {
  // O_NONBLOCK: a fifo in the way must not stop the shim.
  ASSIGN_OR_RETURN(Fd file,
                   OpenFile(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640));
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return ErrnoStatus(errno, Concat("look at log file ", path));
  if (S_ISREG(info.st_mode)) return LogFile(file.Release());
  return absl::InvalidArgumentError(Concat("log file ", path, " is not a regular file; remove it"));
}

size_t LogFile::Append(std::string_view bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    ssize_t count = ::write(static_cast<int>(file_), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      error_ = count < 0 ? errno : ENOSPC;
      break;
    }
    written += static_cast<size_t>(count);
  }
  return written;
}

Status LogFile::Error() const {
  return ErrnoStatus(error_, "write");
}

bool LogFile::CutBack(size_t bytes) {
  struct stat info {};
  const int file = static_cast<int>(file_);
  return fstat(file, &info) == 0 && ftruncate(file, info.st_size - static_cast<off_t>(bytes)) == 0;
}

StatusOr<std::string> LogFile::DirectoryOf(const std::string& path) {
  if (path[0] != '/') return absl::InvalidArgumentError(Concat("log path ", path, " is not absolute"));
  return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

}  // namespace jobpod
