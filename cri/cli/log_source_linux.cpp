#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/handle_linux.hpp"
#include "cri/cli/log_source.hpp"

namespace jobpod::cli {
namespace {

class LinuxLogFile final : public LogFile {
 public:
  LinuxLogFile(Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  StatusOr<size_t> Read(char* buffer, size_t size) override {
    for (;;) {
      const ssize_t got = read(file_.get(), buffer, size);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return ErrnoStatus(errno, Concat("read the log ", path_));
    }
  }

  bool IsAt(const std::string& path) const override {
    struct stat open_file {
    }, there{};
    return fstat(file_.get(), &open_file) == 0 && stat(path.c_str(), &there) == 0 &&
           open_file.st_dev == there.st_dev && open_file.st_ino == there.st_ino;
  }

 private:
  const Fd file_;
  const std::string path_;
};

class LinuxDirectoryWatch final : public DirectoryWatch {
 public:
  explicit LinuxDirectoryWatch(Fd watch) : watch_(std::move(watch)) {}
  Waitable waitable() const override { return watch_.get(); }
  void Clear() override {
    char events[4096];
    while (read(watch_.get(), events, sizeof events) > 0) {
    }
  }

 private:
  const Fd watch_;
};

}  // namespace

std::unique_ptr<LogFile> LogFile::Open(const std::string& path) {
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? std::make_unique<LinuxLogFile>(std::move(file), path) : nullptr;
}

StatusOr<std::unique_ptr<DirectoryWatch>> DirectoryWatch::Open(const std::string& directory) {
  Fd watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  constexpr uint32_t kChanges = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM;
  if (!watch || inotify_add_watch(watch.get(), directory.c_str(), kChanges) < 0) {
    return ErrnoStatus(errno, Concat("watch the log directory ", directory));
  }
  return std::make_unique<LinuxDirectoryWatch>(std::move(watch));
}

bool WriteStandard(bool error_stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(error_stream ? STDERR_FILENO : STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace jobpod::cli
