#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "cri/cli/log_tail.hpp"

namespace jobpod::cli {
namespace {

constexpr size_t kChunk = 64u << 10;
constexpr size_t kLongestLine = 1u << 20;  // the writer splits at 16 KiB; anything longer is not its work

bool SameFile(int fd, const std::string& path) {
  struct stat open_file {
  }, there{};
  return fstat(fd, &open_file) == 0 && stat(path.c_str(), &there) == 0 && open_file.st_dev == there.st_dev &&
         open_file.st_ino == there.st_ino;
}

bool WriteFully(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

StatusOr<LogTail> LogTail::Open(const std::string& path) {
  LogTail tail(path);
  tail.watch_.Reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string directory = path.substr(0, path.rfind('/'));
  if (!tail.watch_ || inotify_add_watch(tail.watch_.get(), directory.c_str(),
                                        IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM) < 0) {
    return ErrnoStatus(errno, Concat("watch the log directory ", directory));
  }
  return tail;
}

void LogTail::ClearWatch() {
  char events[4096];
  while (read(watch_.get(), events, sizeof events) > 0) {
  }
}

Fd LogTail::NewFile() const {
  if (file_ && SameFile(file_.get(), path_)) return Fd();
  return Fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
}

bool LogTail::GiveLines(const Sink& sink) {
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const StatusOr<LogLine> line = ParseLogLine(std::string_view(rest_).substr(begin, end - begin));
    if (line.ok() && !sink(*line)) return false;
  }
  rest_.erase(0, begin);
  if (rest_.size() > kLongestLine) rest_.clear();
  return true;
}

StatusOr<bool> LogTail::ReadToEnd(const Sink& sink) {
  while (file_) {
    const size_t before = rest_.size();
    rest_.resize(before + kChunk);
    const ssize_t size = read(file_.get(), rest_.data() + before, kChunk);
    const int error = errno;
    rest_.resize(before + (size > 0 ? static_cast<size_t>(size) : 0));
    if (size < 0 && error == EINTR) continue;
    if (size < 0) return ErrnoStatus(error, Concat("read the log ", path_));
    if (size == 0) return true;
    if (!GiveLines(sink)) return false;
  }
  return true;
}

// Once a new file is there the old one, still open here, is complete: its end is read before the new one.
StatusOr<bool> LogTail::Drain(const Sink& sink) {
  ClearWatch();
  for (;;) {
    Fd next = NewFile();
    ASSIGN_OR_RETURN(const bool more, ReadToEnd(sink));
    if (!more || !next) return more;
    file_ = std::move(next);
    rest_.clear();
  }
}

bool PrintLogLine(const LogLine& line) {
  std::string text(line.text);
  if (!line.partial) text.push_back('\n');
  return WriteFully(line.error_stream ? STDERR_FILENO : STDOUT_FILENO, text);
}

}  // namespace jobpod::cli
